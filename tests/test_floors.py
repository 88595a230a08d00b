# SPDX-License-Identifier: GPL-2.0-only
"""The arrows of the house point down, and the program that says so sees one that does not."""
import os
import subprocess
import sys

import pytest

import qemu


def floors(root, *words):
    done = subprocess.run([sys.executable, os.path.join(root, 'tools/check_floors.py'), *words], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_tree(root):
    status, text = floors(root, qemu.BUILD)
    assert status == 0, text


MAP = '''
## Order of the rooms
```text
ground
roof
```
## Headers
| room | headers |
|---|---|
| `ground` | `primer/low.h` |
| `roof` | `primer/high.h` |
## Exceptions
| header or symbol | room | why |
|---|---|---|
| `spoken_*` | any | may be called from anywhere |
'''
SOUND = {
    'docs/map.md': MAP,
    'include/primer/low.h': 'int low(void);\n',
    'include/primer/high.h': '#include <primer/low.h>\nint high(void);\nint spoken_of(void);\n',
    'ground/low.c': '#include <primer/low.h>\nint spoken_of(void);\nint low(void) { return spoken_of(); }\n',
    'roof/high.c': '#include <primer/high.h>\n#include "own.h"\nint high(void) { return low(); }\n'
                   'int spoken_of(void) { return 1; }\n',
    'roof/own.h': 'int own(void);\n',
}


@pytest.fixture
def house(root, tmp_path):
    """house({path: text}) builds the sound house with these files changed, and returns what the checker says."""
    def check(changes):
        for path, text in {**SOUND, **changes}.items():
            if text is None:
                continue
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        for path in tmp_path.glob('*/*.c'):
            out = tmp_path / 'build' / path.relative_to(tmp_path).with_suffix('.o')
            out.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(['gcc', '-I', tmp_path / 'include', '-c', '-o', out, path], check=True)
        return floors(root, '--root', tmp_path, tmp_path / 'build')
    return check


def test_a_sound_house_passes(house):
    status, text = house({})
    assert status == 0, text


@pytest.mark.parametrize('changes, complaint', [
    ({'ground/low.c': '#include <primer/high.h>\nint low(void) { return 0; }\n'},
     'ground/low.c:1: ground includes primer/high.h'),
    ({'ground/low.c': 'int high(void);\nint low(void) { return high(); }\n'}, 'ground/low: ground uses high of roof'),
    ({'ground/low.c': '#include "../roof/own.h"\nint low(void) { return 0; }\n'}, 'roof/own.h is private to roof'),
    ({'include/primer/low.h': '#include <primer/high.h>\nint low(void);\n',
      'include/primer/high.h': 'int high(void);\n',
      'roof/high.c': 'int high(void) { return 0; }\n', 'ground/low.c': 'int low(void) { return 0; }\n'},
     'include/primer/low.h:1: ground includes primer/high.h'),
    ({'include/primer/new.h': 'int new(void);\n'}, 'include/primer/new.h: docs/map.md names no room'),
    ({'docs/map.md': MAP.replace('`primer/high.h`', '`primer/high.h` `primer/gone.h`')},
     'include/primer/gone.h does not exist'),
    ({'docs/map.md': MAP.replace('| any |', '| roof |'), 'ground/low.c': 'int low(void) { return 0; }\n'},
     'excuses nothing'),
    ({'docs/map.md': MAP.replace('`spoken_*`', '`silent_*`')}, 'ground uses spoken_of of roof'),
], ids=['include', 'symbol', 'private header', 'header to header', 'unassigned header', 'header gone',
        'useless exception', 'no exception'])
def test_a_planted_violation_is_found(house, changes, complaint):
    status, text = house(changes)
    assert status == 1 and complaint in text, text
