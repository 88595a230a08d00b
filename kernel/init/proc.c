/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/init/proc.c - what only this room knows, as files of /proc: the command line and the banner. */
#include <primer/init.h>
#include <primer/proc_fs.h>
#include <primer/seq_file.h>
#include <primer/string.h>
#include <primer/version.h>

static int cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", saved_command_line);
	return 0;
}

static int version_proc_show(struct seq_file *m, void *v)
{
	/* As uname(2): programs look for the word that they know. */
	seq_printf(m, "%s%s", UTS_SYSNAME, strchr(linux_banner, ' '));
	return 0;
}

static int __init proc_init_init(void)
{
	proc_create_single("cmdline", 0, NULL, cmdline_proc_show);
	proc_create_single("version", 0, NULL, version_proc_show);
	return 0;
}
fs_initcall(proc_init_init);
