/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/proc_sysctl.c - /proc/sys: variables of the kernel as files.
 *
 * The problem. A limit that was right for one machine is wrong for the next. A system call for each would be an
 * interface for ever, and one that takes numbers for names is no better.
 *
 * The idea. A table says where a variable is, how long, who may write it and between which bounds; the file's name is
 * the variable's. `cat` and `echo` are all that is needed.
 *
 *	struct ctl_table { "max_map_count", &sysctl_max_map_count, sizeof(int), 0644, proc_dointvec_minmax, ... }
 *	      |  register_sysctl("vm", table)
 *	/proc/sys/vm/max_map_count --> proc_sys_operations --> ctl->proc_handler
 *
 * A room fills a table and registers it; the variables may lie in rooms below, which know nothing of files. Directories
 * are made when the first table needs them.
 *
 * Rights are those of the mode alone: the owner and group are root's, and CAP_DAC_OVERRIDE opens nothing more, so that
 * a file of mode 0444 cannot be written by anybody.
 *
 * Text is made and understood by the handlers (sysctl_text.c), on a buffer in the kernel. A value is read whole in one
 * read(), and written whole in one write() at position 0.
 *
 * Locking: sysctl_mutex around the list of directories. Tables and files stay for ever. Linux: fs/proc/proc_sysctl.c;
 * it can take tables away again, and has a set of them for each network namespace.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/mutex.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/sysctl.h>
#include <primer/uio.h>

#include "internal.h"

#define SYSCTL_TEXT_MAX		4096U		/* bytes of a write, with the zero; of a read */

/* A directory of /proc/sys. [immutable, but next] */
struct sysctl_dir {
	struct sysctl_dir *next;		/* [sysctl_mutex] */
	struct proc_dir_entry *pde;
	char path[];				/* "net/ipv4" */
};

static DEFINE_MUTEX(sysctl_mutex, LOCK_RANK_SLEEPING_LEAF);	/* sysctl_dirs */
static struct sysctl_dir *sysctl_dirs;		/* [sysctl_mutex] */
static struct proc_dir_entry *proc_sys_root __ro_after_init;

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Owner's bits for root, group's for its group, else others': @mask (MAY_*) all there? */
static bool sysctl_mode_allows(umode_t mode, int mask)
{
	if (current_euid() == 0)
		mode >>= 6;
	else if (in_egroup_p(0))
		mode >>= 3;
	return !(mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC));
}

static int proc_sys_permission(struct inode *inode, int mask)
{
	if ((mask & MAY_EXEC) && S_ISREG(inode->i_mode))
		return -EACCES;
	return sysctl_mode_allows(inode->i_mode, mask) ? 0 : -EACCES;
}

const struct inode_operations proc_sys_inode_operations = {
	.permission = proc_sys_permission,
	.setattr = proc_setattr,
};

static ssize_t proc_sys_call_handler(struct kiocb *iocb, struct iov_iter *iter, int write)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	struct ctl_table *ctl = proc_get_data(inode);
	size_t count = iov_iter_count(iter);
	char *text;
	int err;

	if (!sysctl_mode_allows(ctl->mode, write ? MAY_WRITE : MAY_READ))
		return -EPERM;
	if (!ctl->proc_handler)
		return -EINVAL;
	if (!write)
		count = min_t(size_t, count, SYSCTL_TEXT_MAX);
	else if (count >= SYSCTL_TEXT_MAX)
		return -ENOMEM;
	text = kzalloc(count + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (write && copy_from_iter(text, count, iter) != count) {
		err = -EFAULT;
		goto out;
	}
	err = ctl->proc_handler(ctl, write, text, &count, &iocb->ki_pos);
	if (!err && !write && copy_to_iter(text, count, iter) != count)
		err = -EFAULT;
out:
	kfree(text);
	return err ? err : (ssize_t)count;
}

static ssize_t proc_sys_read(struct kiocb *iocb, struct iov_iter *iter)
{
	return proc_sys_call_handler(iocb, iter, 0);
}

static ssize_t proc_sys_write(struct kiocb *iocb, struct iov_iter *iter)
{
	return proc_sys_call_handler(iocb, iter, 1);
}

static const struct file_operations proc_sys_operations = {
	.read_iter = proc_sys_read,
	.write_iter = proc_sys_write,
	.llseek = generic_file_llseek,
};

/* ---- directories ------------------------------------------------------------------------------------------------- */

static struct sysctl_dir *find_dir(const char *path, size_t len)
{
	struct sysctl_dir *dir;

	for (dir = sysctl_dirs; dir; dir = dir->next)
		if (!strncmp(dir->path, path, len) && !dir->path[len])
			return dir;
	return NULL;
}

/* The directory of the first @len bytes of @path, made with those above it; NULL without memory. sysctl_mutex held. */
static struct proc_dir_entry *get_dir(const char *path, size_t len)
{
	struct sysctl_dir *dir = find_dir(path, len);
	struct proc_dir_entry *parent = proc_sys_root;
	size_t above = len;

	if (dir)
		return dir->pde;
	while (above && path[above - 1] != '/')
		above--;
	if (above)
		parent = get_dir(path, above - 1);
	dir = parent ? kmalloc(sizeof(*dir) + len + 1, GFP_KERNEL) : NULL;
	if (!dir)
		return NULL;
	memcpy(dir->path, path, len);
	dir->path[len] = 0;
	dir->pde = proc_mkdir(dir->path + above, parent);
	if (!dir->pde) {
		kfree(dir);
		return NULL;
	}
	dir->next = sysctl_dirs;
	sysctl_dirs = dir;
	return dir->pde;
}

/*
 * ---- sysctl.kernel.panic=1 on the command line ---------------------------------------------------------------------
 * Noted when it is read; written into the file when that is registered, as if somebody had echoed it there.
 */

#define BOOT_VALUES	8

static char boot_values[BOOT_VALUES][80];	/* "kernel.panic=1", "kernel/panic=1"; no memory can be had yet [boot] */
static int nr_boot_values;

static int __init sysctl_setup(char *str)
{
	if (nr_boot_values < BOOT_VALUES && strlen(str) < sizeof(boot_values[0]))
		strscpy(boot_values[nr_boot_values++], str, sizeof(boot_values[0]));
	else
		pr_warn("sysctl.%s is one too many, or too long: ignored\n", str);
	return 1;
}
__setup("sysctl.", sysctl_setup);

/* What follows "@path.name=" in @text; NULL: it means another file. */
static char *boot_value(char *text, const char *path, const char *name)
{
	for (; *path; path++, text++)
		if (*path != (*text == '.' ? '/' : *text))
			return NULL;
	if (*text != '.' && *text != '/')
		return NULL;
	text++;
	while (*name && *name == *text)
		name++, text++;
	return !*name && *text == '=' ? text + 1 : NULL;
}

static void apply_boot_values(const char *path, struct ctl_table *table)
{
	for (; table->procname; table++) {
		for (int i = 0; i < nr_boot_values; i++) {
			char *value = boot_value(boot_values[i], path, table->procname);
			size_t len;
			loff_t pos = 0;
			int err;

			if (!value || !(table->mode & 0200) || !table->proc_handler)
				continue;
			len = strlen(value);
			err = table->proc_handler(table, 1, value, &len, &pos);
			if (err)
				pr_warn("Failed to set sysctl parameter '%s': error %d\n", boot_values[i], err);
		}
	}
}

int register_sysctl(const char *path, struct ctl_table *table)
{
	struct ctl_table *first = table;
	struct proc_dir_entry *dir;
	int err = 0;

	mutex_lock(&sysctl_mutex);
	dir = get_dir(path, strlen(path));
	if (!dir)
		err = -ENOMEM;
	for (; !err && table->procname; table++)
		if (!proc_create_sysctl(table->procname, table->mode, dir, &proc_sys_operations, table))
			err = -EEXIST;
	mutex_unlock(&sysctl_mutex);
	apply_boot_values(path, first);
	return err;
}

static int __init proc_sys_init(void)
{
	proc_sys_root = proc_mkdir("sys", NULL);
	return proc_sys_root ? 0 : -ENOMEM;
}
subsys_initcall(proc_sys_init);
