/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/spinlock_types.h - the data of spinlock_t and rwlock_t, for structures that contain one.
 *
 * The lock word of a queued spinlock, 4 bytes:
 *
 *	 31      18 17 16 15         8 7          0
 *	+----------+-----+------------+------------+
 *	| CPU + 1  | idx |  pending   |   locked   |
 *	+----------+-----+------------+------------+
 *	  tail: last in queue          0 or 1
 *
 * See kernel/locking/qspinlock.c for what the parts mean. raw_spinlock_t is the same type: no lock here ever sleeps.
 */
#ifndef PRIMER_SPINLOCK_TYPES_H
#define PRIMER_SPINLOCK_TYPES_H

#include <primer/lockdep.h>
#include <primer/types.h>

struct qspinlock {
	union {
		u32 val;
		struct {
			u8 locked;
			u8 pending;
			u16 tail;
		};
		u16 locked_pending;
	};
};
typedef struct qspinlock arch_spinlock_t;

#define __ARCH_SPIN_LOCK_UNLOCKED	{ { .val = 0 } }

typedef struct spinlock {
	arch_spinlock_t raw;
#ifdef CONFIG_DEBUG
	u8 rank;			/* enum lock_rank */
	u8 owner_cpu;			/* number of the CPU that holds it + 1 */
	u8 flags;			/* LOCK_STATIC */
	const char *name;
#endif
} spinlock_t;
typedef spinlock_t raw_spinlock_t;

/* A fair reader-writer lock: see kernel/locking/qrwlock.c. */
typedef struct rwlock {
	union {
		u32 cnts;		/* readers in units of _QR_BIAS, a writer that waits, a writer inside */
		u8 wlocked;		/* the byte that a writer sets and clears */
	};
	arch_spinlock_t wait_lock;	/* whoever has to wait queues here */
#ifdef CONFIG_DEBUG
	LOCKDEP_MAP_FIELD
#endif
} rwlock_t;

#ifdef CONFIG_DEBUG
#define __SPIN_LOCK_DEBUG(lname, lrank)	.rank = (lrank), .flags = LOCK_STATIC, .name = #lname,
#else
#define __SPIN_LOCK_DEBUG(lname, lrank)
#endif

/* Static initialisers; the rank is optional. */
#define __SPIN_LOCK_UNLOCKED(lname, ...)	\
	{ .raw = __ARCH_SPIN_LOCK_UNLOCKED, __SPIN_LOCK_DEBUG(lname, __LOCK_RANK(__VA_ARGS__)) }
#define DEFINE_SPINLOCK(x, ...)			spinlock_t x = __SPIN_LOCK_UNLOCKED(x, ##__VA_ARGS__)
#define __RAW_SPIN_LOCK_UNLOCKED(lname, ...)	__SPIN_LOCK_UNLOCKED(lname, ##__VA_ARGS__)
#define DEFINE_RAW_SPINLOCK(x, ...)		DEFINE_SPINLOCK(x, ##__VA_ARGS__)

#define __RW_LOCK_UNLOCKED(lname, ...)		\
	{ { .cnts = 0 }, .wait_lock = __ARCH_SPIN_LOCK_UNLOCKED, __LOCKDEP_MAP(lname, __LOCK_RANK(__VA_ARGS__)) }
#define DEFINE_RWLOCK(x, ...)			rwlock_t x = __RW_LOCK_UNLOCKED(x, ##__VA_ARGS__)

#endif
