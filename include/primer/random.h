/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/random.h - numbers that nobody can predict. The theory is in drivers/char/random.c.
 *
 * Context of all: any but NMI. Never sleeps, never fails.
 */
#ifndef PRIMER_RANDOM_H
#define PRIMER_RANDOM_H

#include <primer/compiler.h>
#include <primer/types.h>

/* get_random_bytes - fill @buf */
void get_random_bytes(void *buf, size_t len);
u32 get_random_u32(void);
u64 get_random_u64(void);
static inline unsigned long get_random_long(void)	{ return get_random_u64(); }

/* get_random_u32_below - evenly from 0 to @ceil - 1; @ceil is not 0 */
u32 get_random_u32_below(u32 ceil);

/* add_device_randomness - mix @buf in; it need not be secret, and is not counted on */
void add_device_randomness(const void *buf, size_t len);

/*
 * get_random_bytes_user - fill user memory: the work of getrandom(2) and of reading /dev/urandom. Bytes, -EFAULT. May
 * sleep.
 */
ssize_t get_random_bytes_user(char __user *buf, size_t len);

#endif
