/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/mounts.c - /proc/PID/mounts and mountinfo: the tree of mounts, for mount(8) and df.
 *
 *	mounts		device mountpoint type options 0 0
 *	mountinfo	id parent major:minor root mountpoint options - type device options-of-the-filesystem
 *
 * White space and backslashes in names are written as \ooo, so that fields can be told apart. There is one tree of mounts; a reader sees
 * the names from its own root. Locking: for_each_mount() holds namespace_sem.
 */
#include <primer/dcache.h>
#include <primer/mount.h>
#include <primer/slab.h>

#include "internal.h"

#define MANGLE	" \t\n\\"

static void show_mnt_opts(struct seq_file *m, const struct vfsmount *mnt)
{
	static const struct { unsigned int flag; const char *text; } opts[] = {
		{ MNT_NOSUID, ",nosuid" }, { MNT_NODEV, ",nodev" }, { MNT_NOEXEC, ",noexec" }, { MNT_NOATIME, ",noatime" },
		{ MNT_NODIRATIME, ",nodiratime" }, { MNT_RELATIME, ",relatime" }, { MNT_NOSYMFOLLOW, ",nosymfollow" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(opts); i++) {
		if (mnt->mnt_flags & opts[i].flag)
			seq_puts(m, opts[i].text);
	}
}

static void show_sb_opts(struct seq_file *m, struct super_block *sb)
{
	char text[128];

	if (sb->s_flags & SB_SYNCHRONOUS)
		seq_puts(m, ",sync");
	if (sb->s_flags & SB_DIRSYNC)
		seq_puts(m, ",dirsync");
	if (sb->s_flags & SB_MANDLOCK)
		seq_puts(m, ",mand");
	if (sb->s_op->show_options && sb->s_op->show_options(sb->s_root, text, sizeof(text)) > 0)
		seq_puts(m, text);
}

static void show_device(struct seq_file *m, const struct mount_info *info)
{
	seq_escape(m, info->devname && *info->devname ? info->devname : "none", MANGLE);
}

static int show_mount(const struct mount_info *info, void *arg)
{
	struct path path = { (struct vfsmount *)info->mnt, info->mnt->mnt_root };
	struct super_block *sb = info->mnt->mnt_sb;
	struct seq_file *m = arg;

	show_device(m, info);
	seq_putc(m, ' ');
	seq_path(m, &path, MANGLE);
	seq_printf(m, " %s %s", sb->s_type->name, __mnt_is_readonly(info->mnt) ? "ro" : "rw");
	show_sb_opts(m, sb);
	show_mnt_opts(m, info->mnt);
	seq_puts(m, " 0 0\n");
	return seq_has_overflowed(m);
}

static int show_mountinfo(const struct mount_info *info, void *arg)
{
	struct path path = { (struct vfsmount *)info->mnt, info->mnt->mnt_root };
	struct super_block *sb = info->mnt->mnt_sb;
	struct seq_file *m = arg;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *root;

	if (!buf)
		return -ENOMEM;
	root = dentry_path_raw(path.dentry, buf, PATH_MAX);
	seq_printf(m, "%i %i %u:%u ", info->id, info->parent_id, MAJOR(sb->s_dev), MINOR(sb->s_dev));
	seq_escape(m, IS_ERR(root) ? "/" : root, MANGLE);
	kfree(buf);
	seq_putc(m, ' ');
	seq_path(m, &path, MANGLE);
	seq_puts(m, info->mnt->mnt_flags & MNT_READONLY ? " ro" : " rw");
	show_mnt_opts(m, info->mnt);
	seq_printf(m, " - %s ", sb->s_type->name);
	show_device(m, info);
	seq_puts(m, sb_rdonly(sb) ? " ro" : " rw");
	show_sb_opts(m, sb);
	seq_putc(m, '\n');
	return seq_has_overflowed(m);
}

int proc_pid_mounts(struct seq_file *m, struct task_struct *task)
{
	int err = for_each_mount(show_mount, m);

	return err < 0 ? err : 0;
}

int proc_pid_mountinfo(struct seq_file *m, struct task_struct *task)
{
	int err = for_each_mount(show_mountinfo, m);

	return err < 0 ? err : 0;
}
