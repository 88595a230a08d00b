/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/types.h - the integer and handle types that every room speaks. */
#ifndef PRIMER_TYPES_H
#define PRIMER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

/* Fields that hardware or a file format fixes as little endian; x86 is little endian, so these only document. */
typedef u16 le16;
typedef u32 le32;
typedef u64 le64;

typedef long ssize_t;
typedef long long loff_t;		/* a position in a file, bytes */
typedef long off_t;
typedef int pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 dev_t;			/* kernel form: 12 bits major, 20 bits minor */
typedef unsigned int umode_t;		/* S_IF* | permission bits; never narrower than int, see SYSCALL_DEFINE */
typedef unsigned int gfp_t;		/* how an allocation may behave: primer/gfp.h */
typedef unsigned int fmode_t;		/* FMODE_*: primer/fs.h */
typedef u64 phys_addr_t;		/* a physical address, bytes */
typedef u64 resource_size_t;
typedef unsigned long pgoff_t;		/* a position in a file, pages */
typedef u64 sector_t;
typedef long long time64_t;		/* seconds since 1970 */
typedef s64 ktime_t;			/* nanoseconds */
typedef unsigned long uintptr;

/* One machine word that several CPUs change: primer/atomic.h. */
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#endif
