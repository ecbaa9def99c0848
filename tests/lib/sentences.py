"""Every sentence a person can be shown at the end of an attempt, in one table."""

SETUP = "itsme login is not set up correctly; ask your administrator."
UNREACHABLE = "itsme cannot be reached right now."
DENIED = "The request was denied in the itsme app."
EXPIRED = "The request expired before it was approved."
OTHER_ACCOUNT = "This itsme account does not belong to this user."
BAD_TOKEN = "The answer of itsme could not be verified."
FAILED = "Login failed."
NOBODY = "itsme needs a person at a terminal."
BAD_PICTURE = "itsme sent a picture that this terminal cannot show."

# Where the provider is not itsme.
PROVIDER_SETUP = "This login is not set up correctly; ask your administrator."
PROVIDER_DENIED = "The request was denied."
PROVIDER_ACCOUNT = "That account does not belong to this user."
PROVIDER_BAD_TOKEN = "The provider's answer could not be verified."

# Whoever the provider is.
WRONG_NUMBER = "That was not the number on the phone."
NOT_ENOUGH = "This way of approving is not enough here."
UPGRADED = "pam_itsme was upgraded; start this program again."

ALL = (SETUP, UNREACHABLE, DENIED, EXPIRED, OTHER_ACCOUNT, BAD_TOKEN, FAILED, NOBODY, BAD_PICTURE,
       PROVIDER_SETUP, PROVIDER_DENIED, PROVIDER_ACCOUNT, PROVIDER_BAD_TOKEN, WRONG_NUMBER,
       NOT_ENOUGH, UPGRADED)
