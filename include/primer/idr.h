/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/idr.h - give a small number to each of many objects, and find the object by its number.
 *
 * PIDs, POSIX timer ids and the like. An idr maps ids 0..INT_MAX to pointers; an ida only hands out ids. The lowest
 * free id is found by walking one path of the tree. The theory is in lib/idr.c.
 *
 * Locking: everything that changes needs the caller's lock, ida included (Linux's ida brings its own: lib/ has no
 * locks). idr_find(), idr_get_next() and idr_for_each() may run beside one changer under rcu_read_lock(); they then
 * give each id that was there all the time, and any of those that came or went meanwhile.
 *
 * Memory: nodes come from radix_tree.h's registered allocator; @gfp is handed on to it. A caller that holds a spinlock
 * passes GFP_ATOMIC or GFP_NOWAIT.
 *
 * A pointer is aligned to 4. NULL may be stored to reserve an id; idr_find() gives NULL for it.
 */
#ifndef PRIMER_IDR_H
#define PRIMER_IDR_H

#include <primer/radix_tree.h>
#include <primer/types.h>

struct idr {
	struct radix_tree_root idr_rt;
	unsigned int idr_next;		/* where idr_alloc_cyclic() goes on */
};

#define IDR_INIT(name)		{ .idr_rt = RADIX_TREE_INIT(0) }
#define DEFINE_IDR(name)	struct idr name = IDR_INIT(name)

static inline void idr_init(struct idr *idr)
{
	*idr = (struct idr)IDR_INIT(*idr);
}

/* idr_init_ops - an idr whose nodes come from @ops instead of the registered allocator */
static inline void idr_init_ops(struct idr *idr, const struct radix_tree_ops *ops)
{
	idr_init(idr);
	idr->idr_rt.ops = ops;
}

static inline bool idr_is_empty(const struct idr *idr)	{ return radix_tree_empty(&idr->idr_rt); }

/* The cursor of idr_alloc_cyclic(): the next id it tries first. */
static inline unsigned int idr_get_cursor(const struct idr *idr)	{ return READ_ONCE(idr->idr_next); }
static inline void idr_set_cursor(struct idr *idr, unsigned int val)	{ WRITE_ONCE(idr->idr_next, val); }

/*
 * idr_alloc - store @ptr under the lowest free id in @start .. @end - 1; @end <= 0 means no upper limit
 *
 * Returns the id, -ENOSPC when the range is full, -ENOMEM, -EINVAL for a negative @start.
 */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);

/* idr_alloc_u32 - the same from *@id to @max inclusive; 0 and the id in *@id, before anybody can find @ptr; or an error */
int idr_alloc_u32(struct idr *idr, void *ptr, u32 *id, unsigned long max, gfp_t gfp);

/*
 * idr_alloc_cyclic - like idr_alloc(), but the lowest free id behind the last one given, before starting again at
 * @start
 *
 * An id is not given again soon, which lets a late user of a stale one notice. PIDs are handed out like this.
 */
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);

void *idr_find(const struct idr *idr, unsigned long id);
/* idr_remove - free @id; returns what was stored, NULL when nothing was */
void *idr_remove(struct idr *idr, unsigned long id);
/* idr_replace - store @ptr under an id that is in use; returns the old pointer or ERR_PTR(-ENOENT) */
void *idr_replace(struct idr *idr, void *ptr, unsigned long id);

/* idr_for_each - call @fn for each id in ascending order until it returns something other than 0; returns that */
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data);
/* idr_get_next - the entry with the lowest id >= *@nextid whose pointer is not NULL; stores its id */
void *idr_get_next(struct idr *idr, int *nextid);
void *idr_get_next_ul(struct idr *idr, unsigned long *nextid);

/* idr_destroy - give back all nodes; what the pointers point at is the caller's */
void idr_destroy(struct idr *idr);

#define idr_for_each_entry(idr, entry, id) \
	for (id = 0; ((entry) = idr_get_next(idr, &(id))) != NULL; id += 1U)
/* Start at @id. */
#define idr_for_each_entry_continue(idr, entry, id) \
	for ((entry) = idr_get_next((idr), &(id)); (entry); ++id, (entry) = idr_get_next((idr), &(id)))

struct ida {
	struct idr idr;
};

#define IDA_INIT(name)		{ .idr = IDR_INIT(name.idr) }
#define DEFINE_IDA(name)	struct ida name = IDA_INIT(name)

static inline void ida_init(struct ida *ida)	{ idr_init(&ida->idr); }

/* ida_alloc_range - the lowest free id in @min..@max, both inclusive, at most INT_MAX; or -ENOSPC, -ENOMEM, -EINVAL */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
static inline int ida_alloc(struct ida *ida, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, ~0U, gfp);
}

static inline int ida_alloc_min(struct ida *ida, unsigned int min, gfp_t gfp)
{
	return ida_alloc_range(ida, min, ~0U, gfp);
}

static inline int ida_alloc_max(struct ida *ida, unsigned int max, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, max, gfp);
}

/* ida_free - an id that is not in use is left alone */
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);
static inline bool ida_is_empty(const struct ida *ida)	{ return idr_is_empty(&ida->idr); }

#endif
