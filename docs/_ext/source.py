# SPDX-License-Identifier: GPL-2.0-only
"""source.py - pieces of the kernel's source in the book, cut out by name.

The problem. Code that is copied into a book is wrong a week later; code that is cut out by line number shows something else.

The idea. Directives name what they want, and the build fails when it is not there any more:

	{c-function} kernel/x86/extable.c fixup_exception	a whole definition; with :comment: the comment in front of it too
	{c-struct} include/primer/dcache.h dentry		a whole struct, union or enum
	{drawing} mm/alloc/page_alloc.c				part of a comment, without its stars:
	:from: 'order 2'					the first line that contains this ...
	:to: 'order 0'						... up to the next one that contains that,
	:plus: 1						and so many lines more

The kernel's style makes the cut simple: a definition begins in column 0 and ends with a brace in column 0. Blanks and tabs are the
same in :from: and :to:.
"""
import os
import re
import textwrap

from docutils import nodes
from docutils.parsers.rst import Directive, directives

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def find_function(lines, name):
    """(first, last) line numbers of the definition of `name`, or None. A prototype ends with a semicolon and is none."""
    start = re.compile(rf'^[A-Za-z_].*\b{re.escape(name)}\(')
    for first, line in enumerate(lines):
        if not start.match(line):
            continue
        for last in range(first, len(lines)):
            if lines[last].rstrip().endswith(';') and not lines[last].startswith(('\t', ' ')) and last == first:
                break
            if re.search(r'\{.*\}\s*$', lines[last]) and last == first:
                return first, last
            if lines[last].startswith('}'):
                return first, last
            if not lines[last].strip() and '{' not in ''.join(lines[first:last]):
                break
    return None


def find_struct(lines, name):
    start = re.compile(rf'^(static |typedef |const )*(struct|union|enum) {re.escape(name)}( __\w+)* \{{')
    for first, line in enumerate(lines):
        if start.match(line):
            for last in range(first, len(lines)):
                if lines[last].startswith('}'):
                    return first, last
    return None


def comment_before(lines, first):
    """Where the comment that ends right above line `first` begins; `first` when there is none."""
    if first and lines[first - 1].rstrip().endswith('*/'):
        for begin in range(first - 1, -1, -1):
            if lines[begin].lstrip().startswith('/*'):
                return begin
    return first


def strip_comment(lines):
    """The text of comment lines without the stars of C or the semicolons of NASM, at the left margin."""
    text = [re.sub(r'^ *(/?\*+/?|;) ?', '', line.expandtabs(8)) for line in lines]
    return textwrap.dedent('\n'.join(text))


class Piece(Directive):
    """What the three have in common: read the file, note that the page depends on it, show the piece with its origin."""
    has_content = False
    required_arguments = 1
    optional_arguments = 1

    def run(self):
        path = os.path.join(ROOT, self.arguments[0])
        env = self.state.document.settings.env
        env.note_dependency(path)
        try:
            with open(path, encoding='utf-8') as source:
                lines = source.read().splitlines()
        except OSError as error:
            return [self.state_machine.reporter.warning(f'{self.arguments[0]}: {error.strerror}', line=self.lineno)]
        text = self.cut(lines)
        if text is None:
            return [self.state_machine.reporter.warning(
                f'{self.arguments[0]}: nothing there that fits {" ".join(self.arguments[1:])} {self.options}', line=self.lineno)]
        block = nodes.literal_block(text, text)
        block['language'] = self.language()
        wrapper = nodes.container('', literal_block=True, classes=['literal-block-wrapper'])
        wrapper += nodes.caption('', '', nodes.literal(self.arguments[0], self.arguments[0]))
        wrapper += block
        return [wrapper]

    def language(self):
        return {'.c': 'c', '.h': 'c', '.asm': 'nasm', '.inc': 'nasm', '.py': 'python'}.get(
            os.path.splitext(self.arguments[0])[1], 'text')


class Function(Piece):
    option_spec = {'comment': directives.flag}
    finder = staticmethod(find_function)

    def cut(self, lines):
        bounds = self.finder(lines, self.arguments[1])
        if bounds is None:
            return None
        first, last = bounds
        if 'comment' in self.options:
            first = comment_before(lines, first)
        return '\n'.join(lines[first:last + 1])


class Struct(Function):
    finder = staticmethod(find_struct)


class Drawing(Piece):
    option_spec = {'from': directives.unchanged_required, 'to': directives.unchanged_required, 'plus': directives.nonnegative_int}

    def cut(self, lines):
        def holds(line, words):
            return ' '.join(words.split()) in ' '.join(line.split())

        start, end = self.options.get('from'), self.options.get('to')
        first = next((n for n, line in enumerate(lines) if holds(line, start)), None) if start else None
        if first is None:
            return None
        last = next((n for n in range(first, len(lines)) if holds(lines[n], end)), None) if end else first
        return None if last is None else strip_comment(lines[first:last + 1 + self.options.get('plus', 0)])

    def language(self):
        return 'text'


def setup(app):
    app.add_directive('c-function', Function)
    app.add_directive('c-struct', Struct)
    app.add_directive('drawing', Drawing)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}
