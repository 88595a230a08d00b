/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/seq_file.c - text made on demand, readable in pieces of any size.
 *
 * The problem. A file of /proc is a list that the kernel has in another form: processes, areas, mounts. A program
 * reads it with a buffer of its own choice, perhaps a byte at a time; the list changes meanwhile, and it is guarded
 * by locks that must not be held while user memory is touched.
 *
 * The idea. The maker of the text gives an iterator over records. A read makes as many whole records as fit into a
 * buffer, between start() and stop(), and copies afterwards. What the reader has no room for stays in the buffer for
 * the next read:
 *
 *	file	| record 0 | record 1 | record 2 | record 3 | ...
 *	                        ^ read_pos           ^ index
 *	buf	           [ given |  count bytes   ]
 *	                           ^ from
 *
 * A record that does not fit even alone is forgotten and made again in a buffer of twice the size; so no maker has to
 * think about sizes.
 *
 * Invariants, with the lock free:
 *   Q1  buf[from .. from + count) is the text from file position read_pos on, and ends where record number index begins.
 *   Q2  A record is given whole or continued from the buffer, never made a second time for its second half: each line is from one
 *       moment, though two lines may be from two.
 *
 * A read at any other position than read_pos walks the records from the first one (traverse()), which costs what is
 * skipped.
 *
 * Locking: m->lock over each read; below f_pos_lock, above everything that a maker takes. Linux: fs/seq_file.c.
 */
#include <primer/dcache.h>
#include <primer/path.h>
#include <primer/seq_buf.h>
#include <primer/seq_file.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/uio.h>

static void seq_set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A buffer, larger than the one there is, with nothing in it. */
static int seq_grow(struct seq_file *m)
{
	size_t size = m->buf ? m->size << 1 : PAGE_SIZE;

	kvfree(m->buf);
	m->from = 0;
	m->count = 0;
	m->buf = kvmalloc(size, GFP_KERNEL);
	m->size = m->buf ? size : 0;
	return m->buf ? 0 : -ENOMEM;
}

/* Nothing was read: position and record 0. */
static void seq_rewind(struct seq_file *m)
{
	m->index = 0;
	m->read_pos = 0;
	m->from = 0;
	m->count = 0;
}

/* next(), which has to move the index: a maker that forgot would be asked for the same record for ever. */
static void *seq_next(struct seq_file *m, void *p)
{
	loff_t index = m->index;

	p = m->op->next(m, p, &m->index);
	if (m->index == index)
		m->index++;
	return p;
}

/*
 * One record behind what is in the buffer: 0, also when it is empty or left out; -errno; -EAGAIN: it does not fit,
 * nothing was added.
 */
static int show_record(struct seq_file *m, void *p)
{
	size_t before = m->count;
	int err = m->op->show(m, p);

	if (err < 0) {
		m->count = before;
		return err;
	}
	if (seq_has_overflowed(m)) {
		m->count = before;
		return -EAGAIN;
	}
	if (err)
		m->count = before;
	return 0;
}

/* Come to file position @offset by making and forgetting the records before it. */
static int traverse(struct seq_file *m, loff_t offset)
{
	void *p;
	int err = 0;

	seq_rewind(m);
	p = m->op->start(m, &m->index);
	while (m->read_pos < offset) {
		size_t part;

		err = PTR_ERR_OR_ZERO(p);
		if (err || !p)
			break;			/* behind the end: the next read finds nothing */
		err = show_record(m, p);
		if (err)
			break;
		p = seq_next(m, p);
		part = min_t(u64, m->count, offset - m->read_pos);
		m->read_pos += part;
		m->from = part;
		m->count -= part;
		if (m->count)
			break;
		m->from = 0;
	}
	m->op->stop(m, p);
	if (!err)
		m->read_pos = offset;
	return err;
}

static int seek_record(struct seq_file *m, loff_t offset)
{
	int err = m->buf ? 0 : seq_grow(m);

	while (!err && offset != m->read_pos) {
		err = traverse(m, offset);
		if (err == -EAGAIN)
			err = seq_grow(m);
	}
	if (err)
		seq_rewind(m);
	return err;
}

/* Fill the empty buffer with records for a reader of @want bytes; 0 without any at the end. */
static int make_records(struct seq_file *m, size_t want)
{
	void *p;
	int err;

again:
	m->from = 0;
	m->count = 0;
	p = m->op->start(m, &m->index);
	do {
		err = PTR_ERR_OR_ZERO(p);
		if (err || !p)
			break;
		err = show_record(m, p);
		if (err)
			break;
		p = seq_next(m, p);
	} while (m->count < want);
	m->op->stop(m, p);
	if (m->count)
		return 0;		/* an error is met again by the next read */
	if (err != -EAGAIN)
		return err;
	err = seq_grow(m);
	if (err)
		return err;
	goto again;
}

ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct seq_file *m = iocb->ki_filp->private_data;
	size_t copied = 0, n;
	int err;

	if (!iov_iter_count(iter))
		return 0;
	mutex_lock(&m->lock);
	if (!iocb->ki_pos)
		seq_rewind(m);		/* read again from the top: made again */
	err = seek_record(m, iocb->ki_pos);
	if (!err && !m->count)
		err = make_records(m, iov_iter_count(iter));
	if (!err && m->count) {
		copied = copy_to_iter(m->buf + m->from, m->count, iter);
		if (!copied)
			err = -EFAULT;
		m->from += copied;
		m->count -= copied;
		/* The rest of the buffer has gone: what follows is made only if the reader has room for more. */
		while (!m->count && copied && iov_iter_count(iter) && !make_records(m, iov_iter_count(iter)) && m->count) {
			n = copy_to_iter(m->buf, m->count, iter);
			m->from = n;
			m->count -= n;
			copied += n;
			if (!n)
				break;
		}
	}
	m->read_pos += copied;
	iocb->ki_pos += copied;
	mutex_unlock(&m->lock);
	return copied ? (ssize_t)copied : err;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	/* Nobody knows where the end will be. */
	if (whence != SEEK_SET && (whence != SEEK_CUR || __builtin_add_overflow(offset, file->f_pos, &offset)))
		return -EINVAL;
	return vfs_setpos(file, offset, S64_MAX);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock, LOCK_RANK_SEQ_FILE);
	m->op = op;
	m->file = file;
	file->private_data = m;
	file->f_mode &= ~FMODE_PWRITE;
	return 0;
}

void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize)
{
	void *private = kzalloc(psize, GFP_KERNEL);

	if (!private)
		return NULL;
	if (seq_open(file, op)) {
		kfree(private);
		return NULL;
	}
	((struct seq_file *)file->private_data)->private = private;
	return private;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
	return 0;
}

int seq_release_private(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : SEQ_SINGLE;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

/* The operations differ in show() only: each opening has a set of its own. */
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	struct seq_operations *op = kmalloc(sizeof(*op), GFP_KERNEL);
	int err;

	if (!op)
		return -ENOMEM;
	*op = (struct seq_operations){ .start = single_start, .next = single_next, .stop = single_stop, .show = show };
	err = seq_open(file, op);
	if (err)
		kfree(op);
	else
		((struct seq_file *)file->private_data)->private = data;
	return err;
}

int single_release(struct inode *inode, struct file *file)
{
	const struct seq_operations *op = ((struct seq_file *)file->private_data)->op;

	seq_release(inode, file);
	kfree(op);
	return 0;
}

/* ---- writing a record -------------------------------------------------------------------------------------------- */

void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	int len;

	if (m->count >= m->size)
		return;
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	if (m->count + len < m->size)
		m->count += len;
	else
		seq_set_overflow(m);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
}

void seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
}

int seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len < m->size) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
		return 0;
	}
	seq_set_overflow(m);
	return -1;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

int seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	int err;

	if (!buf)
		return -ENOMEM;
	text = d_path(path, buf, PATH_MAX);
	err = PTR_ERR_OR_ZERO(text);
	if (!err)
		seq_escape(m, text, esc);
	kfree(buf);
	return err;
}

void seq_pad(struct seq_file *m, char c)
{
	while (m->count < m->pad_until && m->count < m->size)
		m->buf[m->count++] = ' ';
	if (c)
		seq_putc(m, c);
}

void seq_show_buf(struct seq_file *m, void (*show)(struct seq_buf *s))
{
	struct seq_buf s;

	seq_buf_init(&s, m->buf + m->count, m->size - m->count);
	show(&s);
	if (seq_buf_has_overflowed(&s))
		seq_set_overflow(m);
	else
		m->count += seq_buf_used(&s);
}
