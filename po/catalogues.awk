# Makes the C tables of the catalogues: awk -f catalogues.awk nl.po fr.po … > catalogues.c
# Strict: a file that is not plainly a complete catalogue ends the build, with its line.

function fail(line, why) {
	printf "%s:%d: %s\n", file, line, why | "cat 1>&2"
	failed = 1
	exit 1
}

# The conversions of a format ("%u %s") in their order.
function conversions(text, found) {
	gsub(/%%/, "", text)
	while (match(text, /%[^a-zA-Z]*[a-zA-Z]?/)) {
		found = found substr(text, RSTART, RLENGTH) " "
		text = substr(text, RSTART + RLENGTH)
	}
	return found
}

# An entry is complete: the header (of the empty sentence) or a pair of the table.
function end_entry() {
	if (part == "")
		return
	if (part != "msgstr")
		fail(start, "msgid without msgstr")
	part = ""
	if (seen[file, id]++)
		fail(start, "this msgid stands here twice")
	if (id == "") {
		if (str !~ /charset=UTF-8/)
			fail(start, "the header does not say charset=UTF-8")
		return
	}
	if (str == "")
		fail(start, "msgstr is empty")
	if ((id str) ~ /\\n/)
		fail(start, "a sentence is one line")
	if (conversions(id) != conversions(str))
		fail(start, "msgstr has other conversions (%) than msgid")
	printf "\t{\"%s\",\n\t\t\"%s\"},\n", id, str
}

function end_file() {
	end_entry()
	if (file != "")
		print "\t{NULL, NULL},\n};"
}

function begin_file(name) {
	end_file()
	file = name
	sub(/.*\//, "", name)
	sub(/\.po$/, "", name)
	printf "\nstatic const struct catalogue_entry table_%s[] = {\n", name
	rows = rows sprintf("\t[LANGUAGE_%s] = table_%s,\n", toupper(name), name)
}

# Appends what stands between the quotes of this line to the part that is being read.
function take(text) {
	if (text !~ /^"([^"\\]|\\["\\n])*"$/)
		fail(FNR, "not a quoted text on one line")
	text = substr(text, 2, length(text) - 2)
	if (part == "msgid")
		id = id text
	else
		str = str text
}

BEGIN {
	print "/* Made from the catalogues in po/; changes are lost. */"
	print "#include \"language/catalogue.h\""
}
FNR == 1 { begin_file(FILENAME) }
/^#,.*fuzzy/ { fail(FNR, "marked fuzzy: check the sentence and remove the mark") }
/^#/ || /^$/ { next }
/^msgid "/ {
	end_entry()
	part = "msgid"
	start = FNR
	id = str = ""
	take(substr($0, 7))
	next
}
/^msgstr "/ && part == "msgid" {
	part = "msgstr"
	take(substr($0, 8))
	next
}
/^"/ && part != "" {
	take($0)
	next
}
{ fail(FNR, "neither msgid, msgstr, a text nor a comment") }
END {
	if (!failed)
		end_file()
	if (failed)
		exit 1
	printf "\nconst struct catalogue_entry *const catalogue_tables[LANGUAGE_COUNT] = {\n%s};\n", rows
}
