# SPDX-License-Identifier: GPL-2.0-only
"""Read KTAP version 1 out of a kernel log.

A level of results begins with "KTAP version 1" and a plan "1..N"; its results are "ok I - name" and "not ok I - name",
perhaps with "# SKIP why". A level inside, two columns further right, stands before the result line of the test that it
belongs to. Lines that are none of these are the log going on in between; those that start with # explain the next result.
"""
import re
from dataclasses import dataclass, field

STAMP = re.compile(r'^\[ *\d+\.\d+\] ')
VERSION = re.compile(r'^( *)KTAP version 1$')
PLAN = re.compile(r'^( *)1\.\.(\d+)$')
RESULT = re.compile(r'^( *)(not )?ok (\d+)(?: -)? ?(.*?)(?: # SKIP ?(.*))?$')
COMMENT = re.compile(r'^ *#')


@dataclass
class Test:
    name: str
    ok: bool
    skip: str = None			# why, when it was skipped
    children: list = field(default_factory=list)
    comments: list = field(default_factory=list)


@dataclass
class Level:
    indent: int
    planned: int = None
    tests: list = field(default_factory=list)


def parse(log):
    """(tests of the outermost level, list of what is wrong with the stream)"""
    stack, wrong, comments = [], [], []
    finished = None			# a level that has ended and waits for its parent's result line
    top = None

    def end(level):
        if level.planned is None:
            wrong.append(f'a level at column {level.indent} has no plan')
        elif level.planned != len(level.tests):
            wrong.append(f'planned {level.planned} results at column {level.indent}, got {len(level.tests)}')

    for line in log.splitlines():
        line = STAMP.sub('', line)
        if match := VERSION.match(line):
            indent = len(match[1])
            if stack and indent <= stack[-1].indent:
                wrong.append(f'a second level begins at column {indent} inside one at {stack[-1].indent}')
            stack.append(Level(indent))
            top = top or stack[0]
        elif stack and (match := PLAN.match(line)) and len(match[1]) == stack[-1].indent and stack[-1].planned is None:
            stack[-1].planned = int(match[2])
        elif stack and (match := RESULT.match(line)):
            indent = len(match[1])
            while len(stack) > 1 and indent < stack[-1].indent:
                finished = stack.pop()
                end(finished)
            level = stack[-1]
            if indent != level.indent:
                continue		# a log line that only looks like a result
            if int(match[3]) != len(level.tests) + 1:
                wrong.append(f'result {match[3]} "{match[4]}" where {len(level.tests) + 1} was due')
            level.tests.append(Test(match[4], not match[2], match[5], finished.tests if finished else [], comments))
            finished, comments = None, []
        elif stack and COMMENT.match(line):
            comments.append(line.strip())
    if top is None:
        return [], ['no KTAP in the log']
    for level in reversed(stack):
        end(level)
    return top.tests, wrong
