/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/file.c - the table of descriptors.
 *
 * A descriptor is an index into an array of pointers to open files. Three bitmaps go with it:
 *
 *	fd[]		 file  file  file  NULL  file  NULL ...
 *	open_fds	  1     1     1     0     1     1	in use, or reserved by a call that is still opening
 *	close_on_exec	  0     0     0     0     1     0
 *	full_fds_bits	 one bit for each word of open_fds that is all ones
 *
 * POSIX wants the lowest free number. next_fd says that all below are in use; the search looks at 64 words' worth of
 * full_fds_bits first, then at one word of open_fds: two steps for 4096 descriptors, and none when next_fd is free.
 *
 * The array begins with 64 slots inside the files_struct and doubles as needed, up to RLIMIT_NOFILE.
 *
 * Sharing. fork copies the table, CLONE_FILES shares it. With one owner (files->count == 1) nobody else can close a
 * file while the owner is inside a system call, so fdget() takes no reference: the most frequent case costs no atomic
 * operation. The count can only rise from 1 by the owner's own clone(). With several, fdget() takes a reference, but no lock:
 *
 *	thread A: read(3)				thread B: close(3), open()
 *	rcu_read_lock()
 *	file = fdt->fd[3]				fd[3] = NULL; the last reference: freed
 *							opened again: the same memory, another file, at fd[5]
 *	f_count not 0? then one more
 *	fd[3] still file? no: give it back, look again
 *	rcu_read_unlock()
 *
 * Files come from type-stable memory (SLAB_TYPESAFE_BY_RCU): what a reader has found stays a struct file for a grace period, though
 * perhaps not the same one, and a free one has an f_count of 0. So closing a file waits for nothing, and its memory is used again while
 * it is still in the cache. An outgrown table is freed after a grace period.
 *
 * Invariants, under file_lock.
 *   F1  fd[n] != NULL only where open_fds has bit n; close_on_exec only there too.
 *   F2  every descriptor below next_fd is in use.
 *   F3  full_fds_bits bit w is set exactly if word w of open_fds is all ones.
 *
 * Linux: fs/file.c.
 */
#include <primer/bitmap.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/syscalls.h>

#include "internal.h"

static struct kmem_cache *files_cache __ro_after_init;

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.fdt = &init_files.fdtab,
	.fdtab = {
		.max_fds = NR_OPEN_DEFAULT,
		.fd = init_files.fd_array,
		.close_on_exec = init_files.close_on_exec_init,
		.open_fds = init_files.open_fds_init,
		.full_fds_bits = init_files.full_fds_bits_init,
	},
	.file_lock = __SPIN_LOCK_UNLOCKED(init_files.file_lock, LOCK_RANK_FILES),
};

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* Bytes of the three bitmaps of a table with @nr slots, of which full_fds_bits is rounded up to whole words. */
static size_t bitmap_bytes(unsigned int nr)
{
	return (2 * BITS_TO_LONGS(nr) + BITS_TO_LONGS(BITS_TO_LONGS(nr))) * sizeof(long);
}

static struct fdtable *alloc_fdtable(unsigned int nr)
{
	struct fdtable *fdt = kmalloc(sizeof(*fdt), GFP_KERNEL);
	unsigned long *bits;

	if (!fdt)
		return NULL;
	fdt->max_fds = nr;
	fdt->fd = kvmalloc_array(nr, sizeof(*fdt->fd), GFP_KERNEL);
	bits = kvmalloc(bitmap_bytes(nr), GFP_KERNEL);
	if (!fdt->fd || !bits) {
		kvfree(fdt->fd);
		kvfree(bits);
		kfree(fdt);
		return NULL;
	}
	fdt->open_fds = bits;
	fdt->close_on_exec = bits + BITS_TO_LONGS(nr);
	fdt->full_fds_bits = bits + 2 * BITS_TO_LONGS(nr);
	return fdt;
}

static void free_fdtable(struct fdtable *fdt)
{
	kvfree(fdt->fd);
	kvfree(fdt->open_fds);
	kfree(fdt);
}

static void free_fdtable_rcu(struct rcu_head *head)
{
	free_fdtable(container_of(head, struct fdtable, rcu));
}

/* The first @count descriptors of @old; the rest of @fdt becomes empty. @count is a multiple of 64. */
static void copy_fdtable(struct fdtable *fdt, const struct fdtable *old, unsigned int count)
{
	size_t words = BITS_TO_LONGS(count), all = BITS_TO_LONGS(fdt->max_fds);

	memcpy(fdt->fd, old->fd, count * sizeof(*fdt->fd));
	memset(fdt->fd + count, 0, (fdt->max_fds - count) * sizeof(*fdt->fd));
	memcpy(fdt->open_fds, old->open_fds, words * sizeof(long));
	memset(fdt->open_fds + words, 0, (all - words) * sizeof(long));
	memcpy(fdt->close_on_exec, old->close_on_exec, words * sizeof(long));
	memset(fdt->close_on_exec + words, 0, (all - words) * sizeof(long));
	memset(fdt->full_fds_bits, 0, BITS_TO_LONGS(all) * sizeof(long));
	for (size_t w = 0; w < words; w++) {
		if (fdt->open_fds[w] == ~0UL)
			__set_bit(w, fdt->full_fds_bits);
	}
}

/*
 * Make room for descriptor @nr. Drops and retakes file_lock. Returns 1 when the table may have changed, 0 when there
 * was room, -errno.
 */
static int expand_files(struct files_struct *files, unsigned int nr)
{
	struct fdtable *old = files->fdt, *new;
	unsigned int slots = old->max_fds;

	if (nr < slots)
		return 0;
	if (nr >= NR_OPEN_MAX)
		return -EMFILE;
	while (slots <= nr)
		slots *= 2;
	spin_unlock(&files->file_lock);
	new = alloc_fdtable(slots);
	spin_lock(&files->file_lock);
	if (!new)
		return -ENOMEM;
	old = files->fdt;
	if (unlikely(old->max_fds > nr)) {
		free_fdtable(new);		/* somebody else was faster */
		return 1;
	}
	copy_fdtable(new, old, old->max_fds);
	rcu_assign_pointer(files->fdt, new);
	if (old != &files->fdtab)
		call_rcu(&old->rcu, free_fdtable_rcu);
	return 1;
}

/* ---- reserving and installing ------------------------------------------------------------------------------------ */

static unsigned int find_next_fd(const struct fdtable *fdt, unsigned int start)
{
	unsigned int max = fdt->max_fds, word = start / BITS_PER_LONG, words = max / BITS_PER_LONG;

	word = find_next_zero_bit(fdt->full_fds_bits, words, word);
	if (word >= words)
		return max;
	if (word * BITS_PER_LONG > start)
		start = word * BITS_PER_LONG;
	return find_next_zero_bit(fdt->open_fds, max, start);
}

static void mark_open(struct fdtable *fdt, unsigned int fd, bool cloexec)
{
	__set_bit(fd, fdt->open_fds);
	if (fdt->open_fds[fd / BITS_PER_LONG] == ~0UL)
		__set_bit(fd / BITS_PER_LONG, fdt->full_fds_bits);
	if (cloexec)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
}

static void mark_free(struct files_struct *files, struct fdtable *fdt, unsigned int fd)
{
	__clear_bit(fd, fdt->open_fds);
	__clear_bit(fd / BITS_PER_LONG, fdt->full_fds_bits);
	__clear_bit(fd, fdt->close_on_exec);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

/* The lowest free descriptor from @start on and below @end. */
static int alloc_fd(unsigned int start, unsigned int end, unsigned int flags)
{
	struct files_struct *files = current->files;
	unsigned int fd;
	int err;

	spin_lock(&files->file_lock);
	do {
		struct fdtable *fdt = files->fdt;

		fd = start > files->next_fd ? start : files->next_fd;
		if (fd < fdt->max_fds)
			fd = find_next_fd(fdt, fd);
		err = -EMFILE;
		if (unlikely(fd >= end))
			goto out;
		err = expand_files(files, fd);
		if (unlikely(err < 0))
			goto out;
	} while (unlikely(err));
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	mark_open(files->fdt, fd, flags & O_CLOEXEC);
	err = fd;
out:
	spin_unlock(&files->file_lock);
	return err;
}

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(0, rlimit(RLIMIT_NOFILE), flags);
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	mark_free(files, files->fdt, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	WARN_ON(files->fdt->fd[fd]);
	rcu_assign_pointer(files->fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
}

/* Take @fd out of the table; NULL when it means nothing. [file_lock] */
static struct file *pick_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files->fdt;
	struct file *file;

	if (fd >= fdt->max_fds)
		return NULL;
	file = fdt->fd[fd];
	if (file) {
		WRITE_ONCE(fdt->fd[fd], NULL);
		mark_free(files, fdt, fd);
	}
	return file;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = pick_file(files, fd);
	spin_unlock(&files->file_lock);
	return file ? filp_close(file) : -EBADF;
}

/* ---- from descriptor to file ------------------------------------------------------------------------------------- */

static struct file *__fget(struct files_struct *files, unsigned int fd, fmode_t refuse)
{
	struct file *file;

	for (;;) {
		bool got, same = true;

		rcu_read_lock();
		file = files_lookup_fd(files, fd);
		got = file && atomic_long_inc_not_zero(&file->f_count);
		/* The count is a full barrier: from here on it is what it was found as, or the descriptor has changed. */
		if (got)
			same = files_lookup_fd(files, fd) == file;
		rcu_read_unlock();
		if (!file)
			return NULL;
		if (likely(got && same))
			break;
		if (got)
			fput(file);
	}
	if (likely(!(file->f_mode & refuse)))
		return file;
	fput(file);
	return NULL;
}

struct file *fget(unsigned int fd)
{
	return __fget(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return __fget(current->files, fd, 0);
}

struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	struct files_struct *files = get_files_struct(task);
	struct file *file;

	if (!files)
		return NULL;
	file = __fget(files, fd, 0);
	put_files_struct(files);
	return file;
}

static __always_inline unsigned long fget_light(unsigned int fd, fmode_t refuse)
{
	struct files_struct *files = current->files;
	struct file *file;

	if (likely(atomic_read(&files->count) == 1)) {
		file = files_lookup_fd_raw(files, fd);
		return !file || unlikely(file->f_mode & refuse) ? 0 : (unsigned long)file;
	}
	file = __fget(files, fd, refuse);
	return file ? (unsigned long)file | FDPUT_FPUT : 0;
}

unsigned long __fdget(unsigned int fd)
{
	return fget_light(fd, FMODE_PATH);
}

unsigned long __fdget_raw(unsigned int fd)
{
	return fget_light(fd, 0);
}

/* The position needs its lock only if somebody else can have the same opening: another reference. */
unsigned long __fdget_pos(unsigned int fd)
{
	unsigned long v = fget_light(fd, FMODE_PATH);
	struct file *file = (struct file *)(v & ~3UL);

	if (file && file->f_mode & FMODE_ATOMIC_POS && atomic_long_read(&file->f_count) > 1) {
		mutex_lock(&file->f_pos_lock);
		v |= FDPUT_POS_UNLOCK;
	}
	return v;
}

void __f_unlock_pos(struct file *file)
{
	mutex_unlock(&file->f_pos_lock);
}

/* ---- fork, exec, exit -------------------------------------------------------------------------------------------- */

struct files_struct *get_files_struct(struct task_struct *task)
{
	struct files_struct *files;

	task_lock(task);
	files = task->files;
	if (files)
		atomic_inc(&files->count);
	task_unlock(task);
	return files;
}

/* How many slots a copy needs: up to the highest descriptor in use, in whole words. */
static unsigned int slots_in_use(const struct fdtable *fdt, unsigned int max)
{
	unsigned int words = fdt->max_fds / BITS_PER_LONG;

	while (words > 1 && !fdt->open_fds[words - 1])
		words--;
	return min(words * BITS_PER_LONG, max);
}

struct files_struct *dup_fd(struct files_struct *old, unsigned int max_fds, int *errorp)
{
	struct files_struct *new = kmem_cache_alloc(files_cache, GFP_KERNEL);
	struct fdtable *fdt;
	unsigned int count;

	*errorp = -ENOMEM;
	if (!new)
		return NULL;
	max_fds = ALIGN(max_fds, BITS_PER_LONG);
	atomic_set(&new->count, 1);
	spin_lock_init(&new->file_lock, LOCK_RANK_FILES);
	fdt = &new->fdtab;
	fdt->max_fds = NR_OPEN_DEFAULT;
	fdt->close_on_exec = new->close_on_exec_init;
	fdt->open_fds = new->open_fds_init;
	fdt->full_fds_bits = new->full_fds_bits_init;
	fdt->fd = new->fd_array;

	spin_lock(&old->file_lock);
	while ((count = slots_in_use(old->fdt, max_fds)) > fdt->max_fds) {
		spin_unlock(&old->file_lock);
		if (fdt != &new->fdtab)
			free_fdtable(fdt);
		fdt = alloc_fdtable(1U << (32 - __builtin_clz(count - 1)));
		if (!fdt) {
			kmem_cache_free(files_cache, new);
			return NULL;
		}
		spin_lock(&old->file_lock);
	}
	copy_fdtable(fdt, old->fdt, count);
	new->next_fd = min(old->next_fd, count);
	/* Only descriptors in use have anything to copy: go by the bits. */
	for (unsigned int w = 0; w < count / BITS_PER_LONG; w++) {
		for (unsigned long bits = fdt->open_fds[w]; bits; bits &= bits - 1) {
			unsigned int fd = w * BITS_PER_LONG + __builtin_ctzl(bits);

			if (fdt->fd[fd])
				get_file(fdt->fd[fd]);
			else
				mark_free(new, fdt, fd);	/* reserved by a thread that is opening: not ours */
		}
	}
	spin_unlock(&old->file_lock);
	new->fdt = fdt;
	*errorp = 0;
	return new;
}

void put_files_struct(struct files_struct *files)
{
	struct fdtable *fdt;

	if (!atomic_dec_and_test(&files->count))
		return;
	fdt = files->fdt;
	for (unsigned int w = 0; w < fdt->max_fds / BITS_PER_LONG; w++) {
		for (unsigned long bits = fdt->open_fds[w]; bits; bits &= bits - 1) {
			struct file *file = fdt->fd[w * BITS_PER_LONG + __builtin_ctzl(bits)];

			if (file)
				filp_close(file);
		}
	}
	if (fdt != &files->fdtab)
		free_fdtable(fdt);
	if (files != &init_files)
		kmem_cache_free(files_cache, files);
}

int copy_files(unsigned long clone_flags, struct task_struct *p)
{
	struct files_struct *old = current->files;
	int err = 0;

	if (!old)
		return 0;		/* a kernel thread without files */
	if (clone_flags & CLONE_FILES) {
		atomic_inc(&old->count);
		p->files = old;
		return 0;
	}
	p->files = dup_fd(old, NR_OPEN_MAX, &err);
	return err;
}

int unshare_files(void)
{
	struct files_struct *old = current->files, *new;
	int err = 0;

	if (!old || atomic_read(&old->count) == 1)
		return 0;
	new = dup_fd(old, NR_OPEN_MAX, &err);
	if (!new)
		return err;
	task_lock(current);
	current->files = new;
	task_unlock(current);
	put_files_struct(old);
	return 0;
}

void exit_files(struct task_struct *p)
{
	struct files_struct *files = p->files;

	if (!files)
		return;
	task_lock(p);
	p->files = NULL;
	task_unlock(p);
	put_files_struct(files);
}

/* Closing may sleep, so the lock is dropped for each file, and the word is read again. */
void do_close_on_exec(struct files_struct *files)
{
	spin_lock(&files->file_lock);
	for (unsigned int w = 0; w < files->fdt->max_fds / BITS_PER_LONG; w++) {
		struct fdtable *fdt = files->fdt;
		unsigned long bits;

		while ((bits = fdt->close_on_exec[w])) {
			struct file *file;

			/*
			 * A bit without a file is a reservation whose close_on_exec comes into force later: not in a
			 * table of our own.
			 */
			__clear_bit(w * BITS_PER_LONG + __builtin_ctzl(bits), fdt->close_on_exec);
			file = pick_file(files, w * BITS_PER_LONG + __builtin_ctzl(bits));
			if (!file)
				continue;
			spin_unlock(&files->file_lock);
			filp_close(file);
			spin_lock(&files->file_lock);
			fdt = files->fdt;
		}
	}
	spin_unlock(&files->file_lock);
}

void set_close_on_exec(unsigned int fd, int flag)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (flag)
		__set_bit(fd, files->fdt->close_on_exec);
	else
		__clear_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
}

bool get_close_on_exec(unsigned int fd)
{
	struct files_struct *files = current->files;
	bool ret;

	spin_lock(&files->file_lock);
	ret = fd < files->fdt->max_fds && test_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	return ret;
}

/* ---- dup --------------------------------------------------------------------------------------------------------- */

/* Make @fd, for which there is room, mean @file. Called with file_lock held; drops it. */
static int do_dup2(struct files_struct *files, struct file *file, unsigned int fd, unsigned int flags)
{
	struct fdtable *fdt = files->fdt;
	struct file *old = fdt->fd[fd];

	if (!old && test_bit(fd, fdt->open_fds)) {
		spin_unlock(&files->file_lock);
		return -EBUSY;			/* another thread is about to install something here */
	}
	get_file(file);
	rcu_assign_pointer(fdt->fd[fd], file);
	mark_open(fdt, fd, flags & O_CLOEXEC);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old);
	return fd;
}

int replace_fd(unsigned int fd, struct file *file, unsigned int flags)
{
	struct files_struct *files = current->files;
	int err;

	if (!file)
		return close_fd(fd);
	if (fd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	err = expand_files(files, fd);
	if (err < 0) {
		spin_unlock(&files->file_lock);
		return err;
	}
	return do_dup2(files, file, fd, flags);
}

static int ksys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	struct files_struct *files = current->files;
	struct file *file;
	int err;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	if (oldfd == newfd)
		return -EINVAL;
	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	err = expand_files(files, newfd);
	file = files_lookup_fd(files, oldfd);
	if (!file)
		err = -EBADF;
	if (err == -EMFILE)
		err = -EBADF;
	if (err < 0) {
		spin_unlock(&files->file_lock);
		return err;
	}
	return do_dup2(files, file, newfd, flags);
}

SYSCALL_DEFINE3(dup3, unsigned int, oldfd, unsigned int, newfd, int, flags)
{
	return ksys_dup3(oldfd, newfd, flags);
}

SYSCALL_DEFINE2(dup2, unsigned int, oldfd, unsigned int, newfd)
{
	if (unlikely(oldfd == newfd)) {
		struct fd f = fdget_raw(oldfd);

		if (!f.file)
			return -EBADF;
		fdput(f);
		return oldfd;
	}
	return ksys_dup3(oldfd, newfd, 0);
}

SYSCALL_DEFINE1(dup, unsigned int, fildes)
{
	struct file *file = fget_raw(fildes);
	int fd;

	if (!file)
		return -EBADF;
	fd = get_unused_fd_flags(0);
	if (fd >= 0)
		fd_install(fd, file);
	else
		fput(file);
	return fd;
}

/* fcntl(F_DUPFD): the lowest free descriptor from @from on. */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	unsigned long nofile = rlimit(RLIMIT_NOFILE);
	int fd;

	if (from >= nofile)
		return -EINVAL;
	fd = alloc_fd(from, nofile, flags);
	if (fd >= 0) {
		get_file(file);
		fd_install(fd, file);
	}
	return fd;
}

SYSCALL_DEFINE3(close_range, unsigned int, fd, unsigned int, max_fd, unsigned int, flags)
{
	struct files_struct *files;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || fd > max_fd)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		int err = unshare_files();

		if (err)
			return err;
	}
	files = current->files;
	spin_lock(&files->file_lock);
	for (; fd <= max_fd && fd < files->fdt->max_fds; fd++) {
		struct file *file;

		fd = find_next_bit(files->fdt->open_fds, files->fdt->max_fds, fd);
		if (fd > max_fd || fd >= files->fdt->max_fds)
			break;
		if (flags & CLOSE_RANGE_CLOEXEC) {
			__set_bit(fd, files->fdt->close_on_exec);
			continue;
		}
		file = pick_file(files, fd);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file);
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
	return 0;
}

void __init files_init(void)
{
	files_cache = KMEM_CACHE(files_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}
