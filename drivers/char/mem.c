/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/char/mem.c - the memory devices: null, zero, full, random, urandom, kmsg. Major 1.
 *
 *	minor	name	read			write
 *	3	null	end of file		everything, gone
 *	5	zero	zeroes			everything, gone
 *	7	full	zeroes			-ENOSPC: the disk that is always full
 *	8	random	numbers			mixed into the generator
 *	9	urandom	numbers			mixed into the generator
 *	11	kmsg	the log, a record each	a record of the writer's
 *
 * All have one major number, so one open() tells them apart by minor and gives the file its own operations.
 *
 * A read of /dev/kmsg returns one record: "level,sequence,time in us,flags;text\n", with control characters in the
 * text escaped. A reader that is overtaken by the log gets -EPIPE once and goes on with the oldest record. Each
 * opening has its own position. At the end it waits for the next record: it looks ten times a second.
 *
 * A shared mapping of zero is anonymous memory that the mapping's heirs share; a private one is plain anonymous memory.
 */
#include <primer/cdev.h>
#include <primer/ctype.h>
#include <primer/devtmpfs.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/mutex.h>
#include <primer/printk.h>
#include <primer/ramfs.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/uio.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/major.h>

/* ---- null, zero, full -------------------------------------------------------------------------------------------- */

static ssize_t read_null(struct file *file, char __user *buf, size_t count, loff_t *pos)		{ return 0; }
static ssize_t write_null(struct file *file, const char __user *buf, size_t count, loff_t *pos)	{ return count; }
static ssize_t write_full(struct file *file, const char __user *buf, size_t count, loff_t *pos)	{ return -ENOSPC; }
static ssize_t read_iter_null(struct kiocb *iocb, struct iov_iter *to)				{ return 0; }
static ssize_t write_iter_full(struct kiocb *iocb, struct iov_iter *from)			{ return -ENOSPC; }

static ssize_t write_iter_null(struct kiocb *iocb, struct iov_iter *from)
{
	size_t count = iov_iter_count(from);

	iov_iter_advance(from, count);
	return count;
}

#define ZERO_CHUNK	(64 * 1024UL)		/* between two looks for a signal */

static noinline ssize_t read_zero_long(char __user *buf, size_t count)
{
	size_t done = 0, n, left;

	do {
		n = min(count - done, ZERO_CHUNK);
		left = clear_user(buf + done, n);
		done += n - left;
		if (unlikely(left))
			return done ? (ssize_t)done : -EFAULT;
	} while (done < count && !signal_pending(current));
	return done;
}

static ssize_t read_zero(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	size_t left;

	if (unlikely(count > ZERO_CHUNK))
		return read_zero_long(buf, count);
	left = clear_user(buf, count);
	if (likely(!left))
		return count;
	return left < count ? (ssize_t)(count - left) : -EFAULT;
}

static ssize_t read_iter_zero(struct kiocb *iocb, struct iov_iter *to)
{
	size_t done = 0;

	while (iov_iter_count(to)) {
		size_t n = min(iov_iter_count(to), ZERO_CHUNK), moved = iov_iter_zero(n, to);

		done += moved;
		if (moved < n)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			break;
	}
	return done;
}

static int mmap_zero(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma);
	vma->vm_ops = NULL;
	return 0;
}

/* There is no position, but a program that seeks anyway must not fail. */
static loff_t null_lseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos = 0;
}

static const struct file_operations null_fops = {
	.llseek = null_lseek,
	.read = read_null,
	.write = write_null,
	.read_iter = read_iter_null,
	.write_iter = write_iter_null,
};

static const struct file_operations zero_fops = {
	.llseek = null_lseek,
	.read = read_zero,
	.write = write_null,
	.read_iter = read_iter_zero,
	.write_iter = write_iter_null,
	.mmap = mmap_zero,
};

static const struct file_operations full_fops = {
	.llseek = null_lseek,
	.read = read_zero,
	.write = write_full,
	.read_iter = read_iter_zero,
	.write_iter = write_iter_full,
};

/* ---- random, urandom --------------------------------------------------------------------------------------------- */

static ssize_t read_random(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return get_random_bytes_user(buf, count);
}

static ssize_t write_random(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	size_t done = 0;
	char chunk[64];

	while (done < count) {
		size_t n = min(count - done, sizeof(chunk));

		if (copy_from_user(chunk, buf + done, n))
			return done ? (ssize_t)done : -EFAULT;
		add_device_randomness(chunk, n);
		done += n;
		if (signal_pending(current))
			break;
	}
	return done;
}

/* For readers without a user buffer (sendfile, the kernel): through a piece of the stack. */
static ssize_t read_iter_random(struct kiocb *iocb, struct iov_iter *to)
{
	size_t done = 0;
	char chunk[256];

	while (iov_iter_count(to)) {
		size_t n = min(iov_iter_count(to), sizeof(chunk)), moved;

		get_random_bytes(chunk, n);
		moved = copy_to_iter(chunk, n, to);
		done += moved;
		if (moved < n) {
			if (!done)
				return -EFAULT;
			break;
		}
		if (signal_pending(current))
			break;
	}
	memzero_explicit(chunk, sizeof(chunk));
	return done;
}

static const struct file_operations random_fops = {
	.llseek = noop_llseek,
	.read = read_random,
	.write = write_random,
	.read_iter = read_iter_random,
};

/* ---- kmsg -------------------------------------------------------------------------------------------------------- */

#define KMSG_TEXT	1024		/* of a record; what is longer is cut */
#define KMSG_LINE	(KMSG_TEXT * 4 + 64)	/* a byte takes up to four when escaped */
/* Jiffies between two looks for a record: it is stored in any context, also where nobody can be woken. */
#define KMSG_WAIT	(HZ / 10)

/* One opening. [lock] */
struct kmsg_user {
	struct mutex lock;
	u64 seq;			/* next record to read */
	char text[KMSG_TEXT];
	char line[KMSG_LINE];
};

static int kmsg_open(struct inode *inode, struct file *file)
{
	struct kmsg_user *user;

	if ((file->f_flags & O_ACCMODE) == O_WRONLY)
		return 0;
	user = kvmalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;
	mutex_init(&user->lock, LOCK_RANK_DEVICE);
	user->seq = printk_first_seq();
	file->private_data = user;
	return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

static size_t kmsg_format(struct kmsg_user *user, const struct printk_info *info)
{
	size_t len, n = min_t(size_t, info->text_len, KMSG_TEXT - 1);

	len = scnprintf(user->line, KMSG_LINE, "%u,%llu,%llu,%c;", info->facility << 3 | info->level, info->seq,
			info->ts_nsec / 1000, info->flags & LOG_CONT ? 'c' : '-');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = user->text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			len += scnprintf(user->line + len, KMSG_LINE - len, "\\x%02x", c);
		else
			user->line[len++] = c;
	}
	user->line[len++] = '\n';
	return len;
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct kmsg_user *user = file->private_data;
	struct printk_info info;
	struct printk_record record;
	ssize_t ret;
	size_t len;

	if (!user)
		return -EBADF;
	record = (struct printk_record){ .info = &info, .text_buf = user->text, .text_buf_size = KMSG_TEXT };
	if (mutex_lock_interruptible(&user->lock))
		return -ERESTARTSYS;		/* who shares the opening may hold it while he waits for a record */
	while (!printk_get_record(user->seq, &record)) {
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			goto out;
		schedule_timeout_interruptible(KMSG_WAIT);
	}
	ret = -EPIPE;
	if (info.seq != user->seq) {
		user->seq = info.seq;	/* overtaken: say so once */
		goto out;
	}
	len = kmsg_format(user, &info);
	ret = -EINVAL;
	if (len > count)
		goto out;
	user->seq++;
	ret = copy_to_user(buf, user->line, len) ? -EFAULT : (ssize_t)len;
out:
	mutex_unlock(&user->lock);
	return ret;
}

/* "<N>text" sets level and facility; without it, level 4 (default) of facility 1 (user). */
static ssize_t kmsg_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	size_t len = iov_iter_count(from);
	int level = default_message_loglevel, facility = 1;
	char *buf, *text;

	if (len > KMSG_TEXT - 64)
		return -EINVAL;
	buf = kmalloc(len + 1, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (copy_from_iter(buf, len, from) != len) {
		kfree(buf);
		return -EFAULT;
	}
	buf[len] = 0;
	text = buf;
	if (*text == '<') {
		unsigned int n = 0;
		char *end = text + 1;

		while (isdigit(*end) && n < 10000)
			n = n * 10 + (*end++ - '0');
		if (*end == '>' && end > text + 1) {
			level = n & 7;
			if (n >> 3 & 0xff)
				facility = n >> 3 & 0xff;
			text = end + 1;
		}
	}
	printk_emit(facility, level, "%s", text);
	kfree(buf);
	return len;
}

/* SEEK_SET 0: the oldest record. SEEK_END 0: behind the newest. */
static loff_t kmsg_llseek(struct file *file, loff_t offset, int whence)
{
	struct kmsg_user *user = file->private_data;

	if (!user)
		return -EBADF;
	if (offset)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_END)
		return -EINVAL;
	if (mutex_lock_interruptible(&user->lock))
		return -ERESTARTSYS;
	user->seq = whence == SEEK_SET ? printk_first_seq() : printk_next_seq();
	mutex_unlock(&user->lock);
	return 0;
}

static const struct file_operations kmsg_fops = {
	.open = kmsg_open,
	.release = kmsg_release,
	.llseek = kmsg_llseek,
	.read = kmsg_read,
	.write_iter = kmsg_write_iter,
};

/* ---- one major, many devices ------------------------------------------------------------------------------------- */

static const struct memdev {
	unsigned int minor;
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} devlist[] = {
	{ 3, "null", 0666, &null_fops },
	{ 5, "zero", 0666, &zero_fops },
	{ 7, "full", 0666, &full_fops },
	{ 8, "random", 0666, &random_fops },
	{ 9, "urandom", 0666, &random_fops },
	{ 11, "kmsg", 0644, &kmsg_fops },
};

static int memory_open(struct inode *inode, struct file *file)
{
	unsigned int minor = MINOR(inode->i_rdev);

	for (size_t i = 0; i < ARRAY_SIZE(devlist); i++) {
		if (devlist[i].minor == minor) {
			replace_fops(file, devlist[i].fops);
			return file->f_op->open ? file->f_op->open(inode, file) : 0;
		}
	}
	return -ENXIO;
}

static const struct file_operations memory_fops = {
	.open = memory_open,
	.llseek = noop_llseek,
};

static int __init chr_dev_init(void)
{
	int err = register_chrdev(MEM_MAJOR, "mem", &memory_fops);

	if (err) {
		pr_err("unable to get major %d for memory devs\n", MEM_MAJOR);
		return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(devlist); i++)
		devtmpfs_create_node(devlist[i].name, S_IFCHR | devlist[i].mode, MKDEV(MEM_MAJOR, devlist[i].minor));
	return 0;
}
fs_initcall(chr_dev_init);
