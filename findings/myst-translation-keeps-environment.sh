#!/usr/bin/env bash
# MyST: each translated page is stored together with all that Sphinx knows at the time.
#
# The guess: the doctree of a translated page is about as large as that of the original, and a build in
# a second language takes about as long as in the first.
#
# The behaviour: what a translation in Markdown brings along, even one word in italics, still points to
# the little document in which it was parsed, and that to the settings with the whole environment.
# Sphinx takes the environment away from the page's own document alone before it stores it. So every
# doctree holds what all extensions have gathered so far, and is loaded again for each reference to the
# page. Plain text, and the same in reStructuredText, do not do it. Setting `node.document` of all
# nodes to the page on "doctree-read" mends it.
#
# Versions: Sphinx 9.0.4, myst-parser 5.2.0, docutils 0.22.4, Python 3.11. Seen: 2,915 bytes with
# plain text; 888,001 bytes with one word in italics, of which an extension's list is the most.
#
# Who meets it: who builds a book of some size in a second language. One of 30 pages with 315 numbered
# references took 171 s in the second language, 33 s with the remedy.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet sphinx==9.0.4 myst-parser==5.2.0 docutils==0.22.4
cd "$folder"
mkdir -p book/locale/de/LC_MESSAGES
cat > book/conf.py <<'END'
extensions, locale_dirs = ["myst_parser"], ["locale"]


def gather(app, *pages):
    app.env.gathered = list(range(200_000))


def setup(app):
    app.connect("env-before-read-docs", gather)
END

stored() { # bytes of the page with this text in the catalogue
    rm -f book/index.*
    printf 'The book\n========\n\n%s\n' "$2" > "book/index.$1"
    printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "%s"\nmsgstr "%s"\n' \
        "$2" "$3" > book/locale/de/LC_MESSAGES/index.po
    env/bin/sphinx-build -q -W -E -d doctrees -D language=de -b html book out
    grep -q "Langsam" out/index.html
    wc -c < doctrees/index.doctree
}
plain=$(stored md 'Walk slowly.' 'Langsam gehen.')
italics=$(stored md 'Walk *slowly*.' '*Langsam* gehen.')
structured=$(stored rst 'Walk *slowly*.' '*Langsam* gehen.')
echo "Markdown: $plain bytes, with italics $italics; reStructuredText with italics: $structured"
test "$plain" -lt 20000
test "$structured" -lt 20000
test "$italics" -gt 500000
