# SPDX-License-Identifier: GPL-2.0-only
"""lib/ on the host, under the address and undefined behaviour sanitizers, with random input against an oracle."""
import glob
import os
import subprocess

import pytest

import ktap
import qemu
from conftest import ROOT

SUITES = sorted(os.path.basename(path)[:-len('.c')]
                for path in glob.glob(os.path.join(ROOT, 'tests/host/lib/*_test.c')) + glob.glob(os.path.join(ROOT, 'tests/host/kernel/*/*_test.c')))


@pytest.mark.parametrize('suite', SUITES)
def test_host(suite):
    folder = os.path.join(qemu.BUILD, 'host')
    done = subprocess.run([os.path.join(folder, suite)], cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    said = done.stdout + done.stderr
    tests, wrong = ktap.parse(done.stdout)
    assert not wrong, said
    assert tests and all(test.ok for test in tests) and done.returncode == 0, said
