/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/base.c - /proc/PID: the living, as directories.
 *
 * The problem. A process is born and dies without asking the filesystem. A directory that were made at fork and removed at exit would cost
 * each fork, though nearly nobody looks.
 *
 * The idea. Look the number up at each access. An inode of /proc/PID holds a struct pid, which is one use of a number: it outlives the
 * process and never means another one, so "is it still there?" has an answer at any time, and a number that is used again gives a new
 * directory.
 *
 *	/proc/57/stat    lookup "57"	find_get_task_by_vpid(57), is it a leader?	inode with struct pid
 *	                 lookup "stat"	table tgid_entries				inode with the same struct pid
 *	                 read		get_pid_task()	NULL: -ESRCH
 *
 * A name that the cache still has is asked again (d_revalidate): gone, it is dropped; alive, its owner is brought up to date, because the
 * process may have become somebody else by execve. A name that nobody uses is not cached at all (d_delete), so the dead cost no memory.
 *
 * /proc/PID/task/TID is the same with another table. A listing of /proc goes through the numbers in order; its position is the number, so
 * that births and deaths between two reads neither repeat nor hide the others.
 *
 * Who may look. Names and numbers are public. What is inside the memory of a process (maps, environ, auxv), where it stands (exe, cwd,
 * root) and what it has open is for those whom ptrace_may_access() lets: the process itself, one with the same real, effective and saved
 * ids unless the program may not be dumped, and CAP_SYS_PTRACE. execve changes memory and ids in one step against mm_access(), under
 * cred_guard_mutex; and memory once opened is shown to the one who opened it, whatever the process becomes: it is the old memory.
 *
 * Linux (fs/proc/base.c) has a hundred more names, and security modules that are asked too.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fs_struct.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <uapi/dirent.h>

#include "internal.h"

/* ---- rights -------------------------------------------------------------------------------------------------------------------------------- */

static unsigned long task_dumpable(struct task_struct *task)
{
	unsigned long dumpable = SUID_DUMP_USER;

	task_lock(task);
	if (task->mm)
		dumpable = READ_ONCE(task->mm->flags) & MMF_DUMPABLE_MASK;
	task_unlock(task);
	return dumpable;
}

bool ptrace_may_access(struct task_struct *task)
{
	const struct cred *cred;
	uid_t uid = current_fsuid();
	gid_t gid = current_fsgid();
	bool same;

	if (same_thread_group(task, current))
		return true;
	cred = get_task_cred(task);
	same = uid == cred->euid && uid == cred->suid && uid == cred->uid && gid == cred->egid && gid == cred->sgid && gid == cred->gid;
	put_cred(cred);
	return (same && task_dumpable(task) == SUID_DUMP_USER) || capable(CAP_SYS_PTRACE);
}

struct mm_struct *mm_access(struct task_struct *task)
{
	struct mutex *guard = &task->signal->cred_guard_mutex;
	struct mm_struct *mm;

	if (mutex_lock_killable(guard))
		return ERR_PTR(-EINTR);
	mm = get_task_mm(task);
	if (mm && mm != current->mm && !ptrace_may_access(task)) {
		mmput(mm);
		mm = ERR_PTR(-EACCES);
	}
	mutex_unlock(guard);
	return mm;
}

/* ---- inodes -------------------------------------------------------------------------------------------------------------------------------- */

/* The effective ids; of what is private to a program that may not be dumped: root's. */
void proc_pid_update_inode(struct task_struct *task, struct inode *inode)
{
	const struct cred *cred = get_task_cred(task);
	bool private = inode->i_mode != (S_IFDIR | 0555) && task_dumpable(task) != SUID_DUMP_USER;

	inode->i_uid = private ? 0 : cred->euid;
	inode->i_gid = private ? 0 : cred->egid;
	put_cred(cred);
}

struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task, umode_t mode, unsigned long ino)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_mode = mode;
	inode->i_ino = ino;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	set_nlink(inode, S_ISDIR(mode) ? 2 : 1);
	PROC_I(inode)->pid = get_task_pid(task, PIDTYPE_PID);
	proc_pid_update_inode(task, inode);
	return inode;
}

static int pid_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;

	if (!task)
		return 0;
	proc_pid_update_inode(task, inode);
	put_task_struct(task);
	return 1;
}

static int pid_delete_dentry(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations pid_dentry_operations = { .d_revalidate = pid_revalidate, .d_delete = pid_delete_dentry };

/* These operations are given to a dentry by the lookup that makes it, before anybody else can find it. */
static void pid_dentry_init(struct dentry *dentry)
{
	dentry->d_op = &pid_dentry_operations;
	dentry->d_flags |= DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE;
}

/* ---- files that show one thing ----------------------------------------------------------------------------------------------------------- */

static int proc_one_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	struct task_struct *task = get_proc_task(inode);
	int err;

	if (!task)
		return -ESRCH;
	err = PROC_I(inode)->op->show(m, task);
	put_task_struct(task);
	return err;
}

static int proc_one_open(struct inode *inode, struct file *file)
{
	return single_open(file, proc_one_show, inode);
}

static const struct file_operations proc_one_operations = {
	.open = proc_one_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct inode_operations proc_pid_file_inode_operations = { .setattr = proc_setattr };

/* ---- places: exe, cwd, root -------------------------------------------------------------------------------------------------------------- */

static int proc_exe_place(struct task_struct *task, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	int err = -ENOENT;

	if (!mm)
		return err;
	mmap_read_lock(mm);
	if (mm->exe_file) {
		*path = mm->exe_file->f_path;
		path_get(path);
		err = 0;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return err;
}

/* alloc_lock keeps task->fs, its own lock the two paths. */
static int fs_place(struct task_struct *task, struct path *path, bool root)
{
	int err = -ENOENT;

	task_lock(task);
	if (task->fs) {
		if (root)
			get_fs_root(task->fs, path);
		else
			get_fs_pwd(task->fs, path);
		err = 0;
	}
	task_unlock(task);
	return err;
}

static int proc_cwd_place(struct task_struct *task, struct path *path)	{ return fs_place(task, path, false); }
static int proc_root_place(struct task_struct *task, struct path *path)	{ return fs_place(task, path, true); }

static int proc_pid_jump(struct dentry *dentry, struct inode *inode, struct path *path)
{
	struct task_struct *task = get_proc_task(inode);
	int err;

	if (!task)
		return -ENOENT;
	err = ptrace_may_access(task) ? PROC_I(inode)->op->place(task, path) : -EACCES;
	put_task_struct(task);
	return err;
}

static void free_names_page(void *page)
{
	kfree(page);
}

static const char *proc_pid_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	char *buf, *text;
	struct path path;
	int err = inode->i_op->jump_link(dentry, inode, &path);

	if (err)
		return ERR_PTR(err);
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	text = buf ? d_path(&path, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	path_put(&path);
	if (IS_ERR(text))
		kfree(buf);
	else
		set_delayed_call(done, free_names_page, buf);
	return text;
}

const struct inode_operations proc_pid_link_inode_operations = {
	.get_link = proc_pid_get_link,
	.jump_link = proc_pid_jump,
	.setattr = proc_setattr,
};

/* ---- the tables ---------------------------------------------------------------------------------------------------------------------------- */

static const struct inode_operations proc_task_inode_operations;
static const struct file_operations proc_task_operations;

#define DIR(n, m, i, f)	{ .name = (n), .mode = S_IFDIR | (m), .iop = &(i), .fop = &(f) }
#define LNK(n, p)	{ .name = (n), .mode = S_IFLNK | 0777, .iop = &proc_pid_link_inode_operations, .place = (p) }
#define REG(n, m, f)	{ .name = (n), .mode = S_IFREG | (m), .iop = &proc_pid_file_inode_operations, .fop = &(f) }
#define ONE(n, m, s)	{ .name = (n), .mode = S_IFREG | (m), .iop = &proc_pid_file_inode_operations, \
			  .fop = &proc_one_operations, .show = (s) }

#define COMMON_ENTRIES \
	DIR("fd", 0500, proc_fd_inode_operations, proc_fd_operations), \
	REG("environ", 0400, proc_environ_operations), \
	REG("auxv", 0400, proc_auxv_operations), \
	ONE("status", 0444, proc_pid_status), \
	ONE("limits", 0444, proc_pid_limits), \
	REG("sched", 0644, proc_pid_sched_operations), \
	ONE("comm", 0444, proc_pid_comm), \
	REG("cmdline", 0444, proc_cmdline_operations), \
	ONE("statm", 0444, proc_pid_statm), \
	REG("maps", 0444, proc_pid_maps_operations), \
	LNK("cwd", proc_cwd_place), \
	LNK("root", proc_root_place), \
	LNK("exe", proc_exe_place), \
	ONE("mounts", 0444, proc_pid_mounts), \
	ONE("mountinfo", 0444, proc_pid_mountinfo), \
	REG("smaps", 0444, proc_pid_smaps_operations), \
	ONE("schedstat", 0444, proc_pid_schedstat), \
	ONE("oom_score", 0444, proc_oom_score), \
	REG("oom_adj", 0644, proc_oom_adj_operations), \
	REG("oom_score_adj", 0644, proc_oom_score_adj_operations) \
	IF_DEBUG(, REG("make-it-fail", 0644, proc_make_it_fail_operations)) \
	IF_DEBUG(, REG("fail-nth", 0644, proc_fail_nth_operations))

/* Of a process, and of one of its threads. The order is that of a listing. */
static const struct pid_entry tgid_entries[] = {
	DIR("task", 0555, proc_task_inode_operations, proc_task_operations),
	COMMON_ENTRIES,
	ONE("stat", 0444, proc_tgid_stat),
};

static const struct pid_entry tid_entries[] = {
	COMMON_ENTRIES,
	ONE("stat", 0444, proc_tid_stat),
};

#define TID_BASE	(1UL << 62)	/* PROC_TASK_INO() has it */

static struct dentry *entries_lookup(struct inode *dir, struct dentry *dentry, const struct pid_entry *ents, unsigned int n)
{
	struct task_struct *task = get_proc_task(dir);
	struct inode *inode = NULL;
	unsigned int i;

	if (!task)
		return ERR_PTR(-ENOENT);
	for (i = 0; i < n; i++) {
		if (strlen(ents[i].name) == dentry->d_name.len && !memcmp(ents[i].name, dentry->d_name.name, dentry->d_name.len))
			break;
	}
	if (i < n)
		inode = proc_pid_make_inode(dir->i_sb, task, ents[i].mode, dir->i_ino + 1 + i);
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(i < n ? -ENOMEM : -ENOENT);
	inode->i_op = ents[i].iop;
	if (ents[i].fop)
		inode->i_fop = ents[i].fop;
	PROC_I(inode)->op = &ents[i];
	pid_dentry_init(dentry);
	d_add(dentry, inode);
	return NULL;
}

static int entries_readdir(struct file *file, struct dir_context *ctx, const struct pid_entry *ents, unsigned int n)
{
	struct task_struct *task = get_proc_task(file->f_inode);

	if (!task)
		return -ENOENT;
	put_task_struct(task);
	if (!dir_emit_dots(file, ctx))
		return 0;
	for (; ctx->pos < n + 2; ctx->pos++) {
		unsigned int i = ctx->pos - 2;

		if (!dir_emit(ctx, ents[i].name, strlen(ents[i].name), file->f_inode->i_ino + 1 + i, ents[i].mode >> 12))
			break;
	}
	return 0;
}

static struct dentry *tgid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return entries_lookup(dir, dentry, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static int tgid_readdir(struct file *file, struct dir_context *ctx)
{
	return entries_readdir(file, ctx, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static struct dentry *tid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return entries_lookup(dir, dentry, tid_entries, ARRAY_SIZE(tid_entries));
}

static int tid_readdir(struct file *file, struct dir_context *ctx)
{
	return entries_readdir(file, ctx, tid_entries, ARRAY_SIZE(tid_entries));
}

static const struct inode_operations tgid_inode_operations = { .lookup = tgid_lookup, .setattr = proc_setattr };
static const struct file_operations tgid_operations = {
	.llseek = generic_file_llseek, .read = generic_read_dir, .iterate_shared = tgid_readdir,
};
static const struct inode_operations tid_inode_operations = { .lookup = tid_lookup, .setattr = proc_setattr };
static const struct file_operations tid_operations = {
	.llseek = generic_file_llseek, .read = generic_read_dir, .iterate_shared = tid_readdir,
};

/* ---- numbers as names ----------------------------------------------------------------------------------------------------------------------- */

unsigned int proc_parse_number(const struct qstr *name)
{
	unsigned long n = 0;
	unsigned int i;

	if (!name->len || (name->name[0] == '0' && name->len > 1))
		return ~0U;
	for (i = 0; i < name->len; i++) {
		unsigned int digit = (unsigned char)name->name[i] - '0';

		if (digit > 9)
			return ~0U;
		n = n * 10 + digit;
		if (n > INT_MAX)
			return ~0U;
	}
	return n;
}

bool proc_emit_number(struct dir_context *ctx, unsigned int nr, unsigned long ino, unsigned int type)
{
	char name[12];
	int len = scnprintf(name, sizeof(name), "%u", nr);

	return dir_emit(ctx, name, len, ino, type);
}

/* The directory of @task becomes what @dentry means. Consumes the reference. */
static struct dentry *add_task_dir(struct inode *dir, struct dentry *dentry, struct task_struct *task, bool thread)
{
	struct inode *inode = proc_pid_make_inode(dir->i_sb, task, S_IFDIR | 0555,
						  PROC_PID_INO(task->pid, 1) | (thread ? TID_BASE : 0));

	put_task_struct(task);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_op = thread ? &tid_inode_operations : &tgid_inode_operations;
	inode->i_fop = thread ? &tid_operations : &tgid_operations;
	set_nlink(inode, thread ? 3 : 4);		/* ".", its name, and fd (task) */
	pid_dentry_init(dentry);
	d_add(dentry, inode);
	return NULL;
}

/* ---- /proc/PID/task ------------------------------------------------------------------------------------------------------------------------- */

static struct dentry *proc_task_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	unsigned int tid = proc_parse_number(&dentry->d_name);
	struct task_struct *leader, *task;
	bool ours;

	task = tid == ~0U ? NULL : find_get_task_by_vpid(tid);
	if (!task)
		return ERR_PTR(-ENOENT);
	leader = get_proc_task(dir);
	ours = leader && same_thread_group(leader, task);
	if (leader)
		put_task_struct(leader);
	if (ours)
		return add_task_dir(dir, dentry, task, true);
	put_task_struct(task);
	return ERR_PTR(-ENOENT);
}

/* The lowest thread of @leader's process with a number of at least @nr; 0: none. */
static pid_t next_tid(struct task_struct *leader, pid_t nr)
{
	struct task_struct *t;
	pid_t best = 0;

	read_lock(&tasklist_lock);
	if (pid_alive(leader)) {
		for_each_thread(leader, t) {
			if (t->pid >= nr && (!best || t->pid < best))
				best = t->pid;
		}
	}
	read_unlock(&tasklist_lock);
	return best;
}

static int proc_task_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *leader = get_proc_task(file->f_inode);
	pid_t tid;

	if (!leader)
		return -ENOENT;
	if (dir_emit_dots(file, ctx)) {
		while ((tid = next_tid(leader, ctx->pos - 2))) {
			ctx->pos = tid + 2;
			if (!proc_emit_number(ctx, tid, PROC_TASK_INO(tid, 1), DT_DIR))
				break;
			ctx->pos++;
		}
	}
	put_task_struct(leader);
	return 0;
}

static int proc_task_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct task_struct *task = get_proc_task(inode);

	generic_fillattr(inode, stat);
	if (task) {
		stat->nlink += READ_ONCE(task->signal->nr_threads);
		put_task_struct(task);
	}
	return 0;
}

static const struct inode_operations proc_task_inode_operations = {
	.lookup = proc_task_lookup, .setattr = proc_setattr, .getattr = proc_task_getattr,
};
static const struct file_operations proc_task_operations = {
	.llseek = generic_file_llseek, .read = generic_read_dir, .iterate_shared = proc_task_readdir,
};

/* ---- /proc ------------------------------------------------------------------------------------------------------------------------------------- */

static struct dentry *proc_root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	unsigned int nr = proc_parse_number(&dentry->d_name);
	struct task_struct *task;

	if (nr == ~0U)
		return proc_pde_lookup(&proc_root, dir, dentry);
	task = find_get_task_by_vpid(nr);
	if (!task)
		return ERR_PTR(-ENOENT);
	return add_task_dir(dir, dentry, task, false);
}

/* The lowest process with a number of at least @nr; 0: none. */
static pid_t next_tgid(pid_t nr)
{
	struct pid *pid;
	pid_t found = 0;

	read_lock(&tasklist_lock);
	while (!found && (pid = find_get_ge_pid(nr))) {
		if (pid_task(pid, PIDTYPE_TGID))
			found = pid->nr;
		nr = pid->nr + 1;
		put_pid(pid);
	}
	read_unlock(&tasklist_lock);
	return found;
}

static int proc_root_readdir(struct file *file, struct dir_context *ctx)
{
	pid_t pid;

	if (ctx->pos < FIRST_PROCESS_ENTRY) {
		if (!dir_emit_dots(file, ctx) || !proc_pde_readdir(&proc_root, ctx))
			return 0;
		ctx->pos = FIRST_PROCESS_ENTRY;
	}
	while ((pid = next_tgid(ctx->pos - FIRST_PROCESS_ENTRY))) {
		ctx->pos = pid + FIRST_PROCESS_ENTRY;
		if (!proc_emit_number(ctx, pid, PROC_PID_INO(pid, 1), DT_DIR))
			break;
		ctx->pos++;
	}
	return 0;
}

static int proc_root_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct task_struct *p;

	generic_fillattr(d_inode(path->dentry), stat);
	read_lock(&tasklist_lock);
	for_each_process(p)
		stat->nlink++;
	read_unlock(&tasklist_lock);
	return 0;
}

const struct inode_operations proc_root_inode_operations = {
	.lookup = proc_root_lookup, .setattr = proc_setattr, .getattr = proc_root_getattr,
};
const struct file_operations proc_root_operations = {
	.llseek = generic_file_llseek, .read = generic_read_dir, .iterate_shared = proc_root_readdir,
};

static const char *self_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return proc_text(done, "%d", current->tgid);
}

static const char *thread_self_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return proc_text(done, "%d/task/%d", current->tgid, current->pid);
}

const struct inode_operations proc_self_inode_operations = { .get_link = self_get_link, .setattr = proc_setattr };
const struct inode_operations proc_thread_self_inode_operations = { .get_link = thread_self_get_link, .setattr = proc_setattr };
