#!/usr/bin/env bash
# MyST: the translation of a heading that begins with a number is passed over, without a word.
#
# The guess: a message catalogue gives the text of a heading, and Sphinx puts it in the place of the
# old one. "1. First steps" is a good heading, in the source and in a translation, and -W -n would
# tell where a translation cannot be used.
#
# The behaviour: Sphinx writes the translation with an underline below it and has it parsed again. In
# reStructuredText the result is a heading. In Markdown "1. Erste Schritte" opens a list, so it is no
# heading, and Sphinx goes on to the next message: the page, its contents and all links to it keep the
# English heading. No warning, also with -W -n; the paragraphs below are translated. In the source
# "## 1. First steps" is fine, since "##" comes first. A backslash before the full stop mends it.
#
# Versions: Sphinx 9.0.4, myst-parser 5.2.0, docutils 0.22.4, Python 3.11. Seen:
#   Markdown "1. First steps", reStructuredText "1. Erste Schritte", with 1\. "1. Erste Schritte"
#
# Who meets it: who translates a book in Markdown whose headings are counted by hand. Tools that count
# translated messages say 100 %.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet sphinx==9.0.4 myst-parser==5.2.0 docutils==0.22.4
cd "$folder"
mkdir -p book/locale/de/LC_MESSAGES
echo 'extensions, locale_dirs = ["myst_parser"], ["locale"]' > book/conf.py
printf '# The book\n\n## 1. First steps\n\nWalk slowly.\n\n```{toctree}\nsecond\n```\n' > book/index.md
printf '1. First steps\n==============\n\nWalk slowly.\n' > book/second.rst

heading() { # of a page, where the catalogue has this text
    cat > "book/locale/de/LC_MESSAGES/$1.po" <<END
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\n"

msgid "1. First steps"
msgstr "$2"

msgid "Walk slowly."
msgstr "Langsam gehen."
END
    env/bin/sphinx-build -q -W -n -E -D language=de -b html book out
    grep -q "Langsam gehen" "out/$1.html"
    sed -n 's/.*<h[12]>\([0-9][^<]*\)<.*/\1/p' "out/$1.html"
}
found="$(heading index '1. Erste Schritte'), $(heading second '1. Erste Schritte')"
found="$found, $(heading index '1\\. Erste Schritte')"
echo "$found"
test "$found" = "1. First steps, 1. Erste Schritte, 1. Erste Schritte"
