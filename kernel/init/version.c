/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/init/version.c - the first line of the log. It names no date and no builder: two builds are the same, byte for byte. */
#include <primer/version.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char linux_banner[] = "Primer version " UTS_RELEASE " (" COMPILER ") " UTS_VERSION "\n";
