/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/root.c - /proc: the kernel's own state as files.
 *
 * The problem. ps, free and mount want to know what only the kernel knows. A system call for each table would be an interface for ever;
 * text in a file needs no program but cat.
 *
 * The idea. A filesystem without storage. There are two kinds of names:
 *
 *	/proc --+-- meminfo, stat, ...	struct proc_dir_entry, made at boot by whoever has something to tell, kept for ever
 *	        +-- self		a symlink whose text depends on the reader
 *	        +-- 1, 2, 57 ...	nothing at all: looked up among the living at each access	(base.c)
 *	              +-- maps ...	a constant table, struct pid_entry, the same for each process
 *
 * What a file says is made when it is read (seq_file.h); nothing here is a copy that could be old. There is one instance, whatever
 * number of times it is mounted.
 *
 * Names and rights cannot be changed from outside. Absence is not remembered: a PID that does not exist may exist a moment later.
 *
 * Locking: proc_subdir_lock around the lists of children. Entries never leave them, so a found one needs no reference.
 * Linux (fs/proc) can remove entries while they are open, has an instance for each PID namespace, and hidepid=.
 */
#include <primer/dcache.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <uapi/dirent.h>
#include <uapi/statfs.h>

#include "internal.h"

static struct kmem_cache *proc_inode_cache __ro_after_init;
static DEFINE_SPINLOCK(proc_subdir_lock, LOCK_RANK_SPINNING_LEAF);	/* subdir, next, next_ino; task context */
static unsigned long next_ino = PROC_DYNAMIC_FIRST;		/* [proc_subdir_lock] */

struct proc_dir_entry proc_root = {
	.name = "/proc",
	.mode = S_IFDIR | 0555,
	.ino = PROC_ROOT_INO,
	.iop = &proc_root_inode_operations,
	.fop = &proc_root_operations,
};

/* ---- inodes ------------------------------------------------------------------------------------------------------------------------------ */

static void proc_init_once(void *p)
{
	inode_init_once(&((struct proc_inode *)p)->vfs_inode);
}

static struct inode *proc_alloc_inode(struct super_block *sb)
{
	struct proc_inode *pi = kmem_cache_alloc(proc_inode_cache, GFP_KERNEL);

	if (!pi)
		return NULL;
	pi->pid = NULL;
	pi->fd = 0;
	pi->op = NULL;
	pi->pde = NULL;
	return &pi->vfs_inode;
}

static void proc_free_inode(struct inode *inode)
{
	put_pid(PROC_I(inode)->pid);
	kmem_cache_free(proc_inode_cache, PROC_I(inode));
}

static const struct super_operations proc_sops = {
	.alloc_inode = proc_alloc_inode,
	.free_inode = proc_free_inode,
	.statfs = simple_statfs,
};

int proc_setattr(struct dentry *dentry, struct iattr *attr)
{
	return attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

void *proc_get_data(const struct inode *inode)
{
	return PROC_I(inode)->pde->data;
}

static struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *de)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = de->ino;
	inode->i_mode = de->mode;
	inode->i_uid = 0;
	inode->i_gid = 0;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_op = de->iop;
	if (de->fop)
		inode->i_fop = de->fop;
	set_nlink(inode, S_ISDIR(de->mode) ? 2 : 1);
	PROC_I(inode)->pde = de;
	return inode;
}

/* ---- entries ------------------------------------------------------------------------------------------------------------------------------ */

struct dentry *proc_pde_lookup(struct proc_dir_entry *dir, struct inode *inode, struct dentry *dentry)
{
	struct proc_dir_entry *de;
	struct inode *found;

	spin_lock(&proc_subdir_lock);
	for (de = dir->subdir; de; de = de->next) {
		if (de->len == dentry->d_name.len && !memcmp(de->name, dentry->d_name.name, de->len))
			break;
	}
	spin_unlock(&proc_subdir_lock);
	if (!de)
		return ERR_PTR(-ENOENT);
	found = proc_get_inode(inode->i_sb, de);
	if (!found)
		return ERR_PTR(-ENOMEM);
	d_add(dentry, found);
	return NULL;
}

/* The children from position 2 on; false when the buffer is full. The lock is dropped around each: entries stay. */
bool proc_pde_readdir(struct proc_dir_entry *dir, struct dir_context *ctx)
{
	struct proc_dir_entry *de;
	loff_t skip = ctx->pos - 2;

	spin_lock(&proc_subdir_lock);
	for (de = dir->subdir; de && skip; de = de->next)
		skip--;
	spin_unlock(&proc_subdir_lock);
	while (de) {
		if (!dir_emit(ctx, de->name, de->len, de->ino, de->mode >> 12))
			return false;
		ctx->pos++;
		spin_lock(&proc_subdir_lock);
		de = de->next;
		spin_unlock(&proc_subdir_lock);
	}
	return true;
}

static struct dentry *proc_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pde_lookup(PROC_I(dir)->pde, dir, dentry);
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
	if (dir_emit_dots(file, ctx))
		proc_pde_readdir(PROC_I(file->f_inode)->pde, ctx);
	return 0;
}

static const struct inode_operations proc_dir_inode_operations = { .lookup = proc_lookup, .setattr = proc_setattr };
static const struct file_operations proc_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_readdir,
};
static const struct inode_operations proc_file_inode_operations = { .setattr = proc_setattr };

static int proc_single_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *de = PROC_I(inode)->pde;

	return single_open(file, de->show, de->data);
}

/* Root may open for writing what nobody can write. */
static ssize_t proc_single_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return -EIO;
}

static const struct file_operations proc_single_operations = {
	.open = proc_single_open,
	.read_iter = seq_read_iter,
	.write = proc_single_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const char *proc_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return PROC_I(inode)->pde->data;
}

static const struct inode_operations proc_link_inode_operations = {.get_link = proc_get_link, .setattr = proc_setattr};

/* Put @template as a new entry at the end of @parent's list. */
static struct proc_dir_entry *proc_register(struct proc_dir_entry *parent, const struct proc_dir_entry *template)
{
	struct proc_dir_entry *de = kmalloc(sizeof(*de), GFP_KERNEL), **p;
	bool taken = false;

	if (!de)
		return NULL;
	*de = *template;
	de->len = strlen(de->name);
	spin_lock(&proc_subdir_lock);
	for (p = parent ? &parent->subdir : &proc_root.subdir; *p && !taken; p = &(*p)->next)
		taken = !strcmp((*p)->name, de->name);
	if (!taken) {
		de->ino = next_ino++;
		*p = de;
	}
	spin_unlock(&proc_subdir_lock);
	if (!WARN(taken, "proc: %s is there already\n", template->name))
		return de;
	kfree(de);
	return NULL;
}

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	return proc_register(parent, &(struct proc_dir_entry){
		.name = name, .mode = S_IFDIR | 0555, .iop = &proc_dir_inode_operations, .fop = &proc_dir_operations });
}

struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent, const char *target)
{
	return proc_register(parent, &(struct proc_dir_entry){
		.name = name, .mode = S_IFLNK | 0777, .iop = &proc_link_inode_operations, .data = (void *)target });
}

struct proc_dir_entry *proc_create_data(const char *name, umode_t mode, struct proc_dir_entry *parent,
					const struct file_operations *fops, void *data)
{
	return proc_register(parent, &(struct proc_dir_entry){.name = name,
							      .mode = S_IFREG | (mode ?: 0444),
							      .iop = &proc_file_inode_operations,
							      .fop = fops,
							      .data = data});
}

struct proc_dir_entry *proc_create_sysctl(const char *name, umode_t mode, struct proc_dir_entry *parent,
					  const struct file_operations *fops, void *data)
{
	return proc_register(parent, &(struct proc_dir_entry){ .name = name, .mode = S_IFREG | mode,
		.iop = &proc_sys_inode_operations, .fop = fops, .data = data });
}

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode, struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *v), void *data)
{
	return proc_register(parent, &(struct proc_dir_entry){.name = name,
							      .mode = S_IFREG | (mode ?: 0444),
							      .iop = &proc_file_inode_operations,
							      .fop = &proc_single_operations,
							      .show = show,
							      .data = data});
}

/* ---- the instance ---------------------------------------------------------------------------------------------------------------------------- */

static void free_text(void *text)
{
	kfree(text);
}

const char *proc_text(struct delayed_call *done, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	if (!text)
		return ERR_PTR(-ENOMEM);
	set_delayed_call(done, free_text, text);
	return text;
}

static int proc_fill_super(struct super_block *sb, void *data, int silent)
{
	sb->s_magic = PROC_SUPER_MAGIC;
	sb->s_op = &proc_sops;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_flags |= SB_NODIRATIME | SB_NOSUID | SB_NOEXEC;
	sb->s_root = d_make_root(proc_get_inode(sb, &proc_root));
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *proc_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_single(type, flags, data, proc_fill_super);
}

static struct file_system_type proc_fs_type = { .name = "proc", .mount = proc_mount, .kill_sb = kill_anon_super };

static int __init proc_root_init(void)
{
	proc_inode_cache = kmem_cache_create("proc_inode_cache", sizeof(struct proc_inode), 0,
					     SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, proc_init_once);
	proc_register(NULL, &(struct proc_dir_entry){
				    .name = "self", .mode = S_IFLNK | 0777, .iop = &proc_self_inode_operations});
	proc_register(NULL, &(struct proc_dir_entry){
		.name = "thread-self", .mode = S_IFLNK | 0777, .iop = &proc_thread_self_inode_operations });
	proc_symlink("mounts", NULL, "self/mounts");
	return register_filesystem(&proc_fs_type);
}
postcore_initcall(proc_root_init);
