# SPDX-License-Identifier: GPL-2.0-only
"""What all test modules share: paths to tools/, an archive to put programs in, one boot that many tests look at."""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'tools')]

import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

ROOT = os.path.dirname(HERE)


# make's own variables out of the way: a make that a test starts is nobody's child.
for name in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES'):
    os.environ.pop(name, None)


@pytest.hookimpl(tryfirst=True)     # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """Tests that share a boot run on one worker: a module-wide group, unless the test names its own."""
    for item in items:
        if item.get_closest_marker('xdist_group') is None and getattr(item.module, 'SHARED_BOOT', False):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def pytest_report_header():
    return f'kernel under test: {qemu.KERNEL}'


@pytest.fixture
def root():
    return ROOT


def initrd_writer(folder):
    def write(files, raw=None):
        path = folder / 'initrd.cpio'
        if raw is None:
            archive = Archive()
            archive.directory('/dev')
            for name, major, minor in (('console', 5, 1), ('null', 1, 3), ('zero', 1, 5)):
                archive.node(f'/dev/{name}', 'c', major, minor)
            for name, content in files.items():
                if name.endswith('/'):
                    archive.directory(name)
                    continue
                if isinstance(content, (str, os.PathLike)):
                    with open(content, 'rb') as source:
                        content = source.read()
                archive.file(name, content, 0o755)
            raw = archive.write()
        path.write_bytes(raw)
        return str(path)
    return write


@pytest.fixture
def initrd(tmp_path):
    """initrd({'/init': bytes or a path of this host, '/dir/': None}) writes an archive and returns its path."""
    return initrd_writer(tmp_path)


@pytest.fixture
def run(initrd):
    """run('/path/of/program', 'arg', ...) boots with that program as init and returns the Result."""
    def execute(program, *args, **how):
        append = 'rdinit=/prog ' + how.pop('append', '') + (' -- ' + ' '.join(args) if args else '')
        return qemu.boot(append, initrd=initrd({'/prog': program, **how.pop('files', {})}), **how)
    return execute
