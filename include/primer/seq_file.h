/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/seq_file.h - files whose text is made while it is read, record by record. The theory is in fs/seq_file.c.
 *
 *	static int thing_show(struct seq_file *m, void *v)	{ seq_printf(m, "%d\n", ...); return 0; }
 *	open:	single_open(file, thing_show, data)		one record
 *	open:	seq_open(file, &thing_seq_ops)			many: start, show, next, show, ..., stop
 *	file_operations: .read_iter = seq_read_iter, .llseek = seq_lseek, .release = single_release or seq_release
 *
 * Context of everything here: task. seq_printf, seq_puts, seq_putc, seq_write, seq_escape and seq_pad never sleep, the others may.
 */
#ifndef PRIMER_SEQ_FILE_H
#define PRIMER_SEQ_FILE_H

#include <stdarg.h>

#include <primer/compiler.h>
#include <primer/fs.h>
#include <primer/mutex.h>
#include <primer/types.h>

struct path;
struct seq_buf;
struct seq_operations;

/* The text of one opening. [lock, but file, op and private, which are immutable after open] */
struct seq_file {
	char *buf;			/* records that are made and not yet read: @count bytes at @from */
	size_t size;
	size_t from;
	size_t count;			/* == size: did not fit */
	size_t pad_until;		/* seq_setwidth(): where seq_pad() shall come to */
	loff_t index;			/* of the record that comes after those in buf */
	loff_t read_pos;		/* file position of buf[from] */
	struct mutex lock;		/* rank LOCK_RANK_SEQ_FILE */
	const struct seq_operations *op;
	const struct file *file;
	void *private;			/* the opener's */
};

/*
 * The records. start: record *@pos, or NULL behind the last, or ERR_PTR; next: advance *@pos and return that record; stop ends what
 * start began, and is called after each start, whatever it returned. Locks may be held from start to stop; user memory is only touched
 * outside. show: 0, -errno, or SEQ_SKIP to leave the record out.
 */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};
#define SEQ_SKIP	1
#define SEQ_SINGLE	((void *)1)	/* what single_open()'s show() gets */

/* seq_open - file->private_data becomes a struct seq_file; 0 or -ENOMEM. __seq_open_private - with @psize zeroed bytes in ->private. */
int seq_open(struct file *file, const struct seq_operations *op);
void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize);
int seq_release(struct inode *inode, struct file *file);
int seq_release_private(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
int single_release(struct inode *inode, struct file *file);
ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *iter);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);

static inline bool seq_has_overflowed(const struct seq_file *m)	{ return m->count == m->size; }

/* Append to the record. What does not fit is forgotten: the record is made again in a larger buffer. */
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args) __printf(2, 0);
void seq_putc(struct seq_file *m, char c);
void seq_puts(struct seq_file *m, const char *s);
int seq_write(struct seq_file *m, const void *data, size_t len);
/* seq_escape - @s with the characters of @esc as \ooo. seq_path - d_path() of @path, escaped likewise; 0 or -errno. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
int seq_path(struct seq_file *m, const struct path *path, const char *esc);
/* seq_setwidth ... seq_pad - fill with spaces up to @size bytes behind the former, then @c (0: none) */
static inline void seq_setwidth(struct seq_file *m, size_t size)	{ m->pad_until = m->count + size; }
void seq_pad(struct seq_file *m, char c);
/* seq_show_buf - append what a room below knows to write only into a seq_buf */
void seq_show_buf(struct seq_file *m, void (*show)(struct seq_buf *s));

#endif
