/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/seqlock.h - readers that never make a writer wait, and look again when one came between.
 *
 *	writer				reader
 *	sequence++  (odd)		do {
 *	smp_wmb()				seq = read_seqbegin()		waits until it is even
 *	change the data				copy the data
 *	smp_wmb()			} while (read_seqretry(seq))		changed meanwhile?
 *	sequence++  (even)
 *
 * For small data, read often, changed rarely. A reader may see any mixture of old and new before it knows better: it
 * must not follow pointers that a writer may free, nor act on what it read before read_seqretry() said no.
 *
 * seqcount_t is the bare counter: the caller keeps writers apart, and keeps them from being preempted or interrupted
 * by a reader (which would spin for ever). seqlock_t brings the writers' spinlock.
 */
#ifndef PRIMER_SEQLOCK_H
#define PRIMER_SEQLOCK_H

#include <primer/spinlock.h>

typedef struct seqcount {
	unsigned int sequence;
} seqcount_t;

#define SEQCNT_ZERO(name)	{ .sequence = 0 }
static __always_inline void seqcount_init(seqcount_t *s)	{ s->sequence = 0; }

/* seqcount_spinlock_t - a counter that knows which spinlock keeps its writers apart: DEBUG builds check that they hold it. */
typedef struct seqcount_spinlock {
	seqcount_t seqcount;
#ifdef CONFIG_DEBUG
	spinlock_t *lock;
#endif
} seqcount_spinlock_t;
typedef seqcount_spinlock_t seqcount_raw_spinlock_t;

#ifdef CONFIG_DEBUG
#define SEQCNT_SPINLOCK_ZERO(name, l)	{ .seqcount = SEQCNT_ZERO(name), .lock = (l) }
#define __seqprop_assert_lock(s)	lockdep_assert_held((s)->lock)
#else
#define SEQCNT_SPINLOCK_ZERO(name, l)	{ .seqcount = SEQCNT_ZERO(name) }
#define __seqprop_assert_lock(s)	do { (void)(s); } while (0)
#endif
#define SEQCNT_RAW_SPINLOCK_ZERO(name, l) SEQCNT_SPINLOCK_ZERO(name, l)

static __always_inline void seqcount_spinlock_init(seqcount_spinlock_t *s, spinlock_t *lock)
{
	*s = (seqcount_spinlock_t)SEQCNT_SPINLOCK_ZERO(*s, lock);
}
#define seqcount_raw_spinlock_init(s, lock)	seqcount_spinlock_init(s, lock)

static __always_inline unsigned int __raw_read_seqcount(const seqcount_t *s)
{
	return smp_load_acquire(&s->sequence);
}

/*
 * read_seqcount_begin - wait out a writer; the acquire keeps the reads of the data behind it. Context: any but a
 * writer's own CPU.
 */
static __always_inline unsigned int __read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	while (unlikely((seq = smp_load_acquire(&s->sequence)) & 1))
		cpu_relax();
	return seq;
}

/*
 * read_seqcount_retry - true: a writer was active since @start, what was read means nothing. Pairs with both
 * smp_wmb() of the writer.
 */
static __always_inline bool __read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb();
	return unlikely(READ_ONCE(s->sequence) != start);
}

static __always_inline void __raw_write_seqcount_begin(seqcount_t *s)
{
	WRITE_ONCE(s->sequence, s->sequence + 1);
	smp_wmb();
}

static __always_inline void __raw_write_seqcount_end(seqcount_t *s)
{
	smp_wmb();
	WRITE_ONCE(s->sequence, s->sequence + 1);
}

/* write_seqcount_invalidate - make readers that are under way look again, without a write. */
static __always_inline void __write_seqcount_invalidate(seqcount_t *s)
{
	smp_wmb();
	WRITE_ONCE(s->sequence, s->sequence + 2);
}

static __always_inline void __seqcount_assert_plain(const seqcount_t *s)
{
#ifdef CONFIG_DEBUG
	/* A writer that is preempted by a reader of higher priority would never go on. */
	WARN_ON_ONCE(debug_locks && preemptible());
#endif
}

static __always_inline void __seqcount_assert_spinlock(const seqcount_spinlock_t *s)
{
	__seqprop_assert_lock(s);
}

/* One set of names for both kinds. */
#define __seq_plain(s) \
	_Generic((s), seqcount_t *: (s), const seqcount_t *: (s), \
		 seqcount_spinlock_t *: &((seqcount_spinlock_t *)(s))->seqcount, \
		 const seqcount_spinlock_t *: &((const seqcount_spinlock_t *)(s))->seqcount)
#define __seq_assert(s) \
	_Generic((s), seqcount_t *: __seqcount_assert_plain, \
		 seqcount_spinlock_t *: __seqcount_assert_spinlock)(s)

#define raw_read_seqcount(s)		__raw_read_seqcount(__seq_plain(s))
#define read_seqcount_begin(s)		__read_seqcount_begin(__seq_plain(s))
#define read_seqcount_retry(s, start)	__read_seqcount_retry(__seq_plain(s), (start))
#define raw_write_seqcount_begin(s)	__raw_write_seqcount_begin(__seq_plain(s))
#define raw_write_seqcount_end(s)	__raw_write_seqcount_end(__seq_plain(s))
#define write_seqcount_invalidate(s)	__write_seqcount_invalidate(__seq_plain(s))

/* Context: the caller excludes other writers and has preemption disabled: checked in DEBUG builds. */
#define write_seqcount_begin(s)		do { __seq_assert(s); raw_write_seqcount_begin(s); } while (0)
#define write_seqcount_end(s)		raw_write_seqcount_end(s)

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;
} seqlock_t;

#define __SEQLOCK_UNLOCKED(name, ...) \
	{ .seqcount = SEQCNT_ZERO(name), .lock = __SPIN_LOCK_UNLOCKED(name, ##__VA_ARGS__) }
#define DEFINE_SEQLOCK(sl, ...)	seqlock_t sl = __SEQLOCK_UNLOCKED(sl, ##__VA_ARGS__)
#define seqlock_init(sl, ...)                               \
	do {                                                \
		seqcount_init(&(sl)->seqcount);             \
		spin_lock_init(&(sl)->lock, ##__VA_ARGS__); \
	} while (0)

static __always_inline unsigned int read_seqbegin(const seqlock_t *sl)
{
	return read_seqcount_begin(&sl->seqcount);
}

static __always_inline bool read_seqretry(const seqlock_t *sl, unsigned int start)
{
	return read_seqcount_retry(&sl->seqcount, start);
}

static __always_inline void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static __always_inline void write_sequnlock(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}

static __always_inline void write_seqlock_irq(seqlock_t *sl)
{
	spin_lock_irq(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static __always_inline void write_sequnlock_irq(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock_irq(&sl->lock);
}

#define write_seqlock_irqsave(sl, flags) do { \
	spin_lock_irqsave(&(sl)->lock, flags); \
	write_seqcount_begin(&(sl)->seqcount); } while (0)

static __always_inline void write_sequnlock_irqrestore(seqlock_t *sl, unsigned long flags)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock_irqrestore(&sl->lock, flags);
}

/* A reader that keeps writers (and other such readers) out, for a walk that would never finish by retrying. */
static __always_inline void read_seqlock_excl(seqlock_t *sl)	{ spin_lock(&sl->lock); }
static __always_inline void read_sequnlock_excl(seqlock_t *sl)	{ spin_unlock(&sl->lock); }

/*
 * read_seqbegin_or_lock, need_seqretry, done_seqretry - first try without the lock (*@seq even), then with it (odd)
 *
 *	int seq = 0;
 *	retry:	read_seqbegin_or_lock(sl, &seq); ...
 *		if (need_seqretry(sl, seq)) { seq = 1; goto retry; }
 *		done_seqretry(sl, seq);
 */
static inline void read_seqbegin_or_lock(seqlock_t *sl, int *seq)
{
	if (!(*seq & 1))
		*seq = read_seqbegin(sl);
	else
		read_seqlock_excl(sl);
}
static inline bool need_seqretry(seqlock_t *sl, int seq)	{ return !(seq & 1) && read_seqretry(sl, seq); }
static inline void done_seqretry(seqlock_t *sl, int seq)
{
	if (seq & 1)
		read_sequnlock_excl(sl);
}

#endif
