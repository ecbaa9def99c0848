# Stands in for debconf under the pam-auth-update of a release that is only unpacked: what it sets
# it gets, and each question keeps its default. Used by pam-files.
package Debconf::Client::ConfModule;
use strict;
use Exporter 'import';

our @EXPORT_OK = qw(version capb settitle subst input go get set fset x_loadtemplatefile);
our %EXPORT_TAGS = (all => \@EXPORT_OK);
my %value;

sub get { return $value{$_[0]} // ''; }
sub set { $value{$_[0]} = $_[1]; }
sub capb { return ''; }
sub version { }
sub settitle { }
sub subst { }
sub input { }
sub go { }
sub fset { }
sub x_loadtemplatefile { }

1;
