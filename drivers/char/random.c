/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/char/random.c - numbers that nobody can predict, not even from the numbers before.
 *
 * The problem. Keys, stack guards and address space layouts are worth what their guessing costs. A machine that has
 * just been switched on knows little that an attacker does not; and one that is broken into later must not betray the
 * numbers of before.
 *
 * The idea. One 256-bit key. A request runs ChaCha20 with it; the first half of the first block becomes the next key at
 * once, and only what follows is given out ("fast key erasure"):
 *
 *	key --ChaCha20--> | new key, 32 bytes | 32 bytes out | block 1: 64 bytes out | block 2 ...
 *	 ^                        |
 *	 +------------------------+		the old key is gone before the request is served
 *
 * Whoever reads the key later cannot compute backwards; whoever sees all output cannot compute the key.
 *
 * Where the key comes from: RDSEED or RDRAND if the CPU has them, and the time stamp counter at moments that depend on
 * devices. All are mixed in by the same step (exclusive-or into the key, then run), so that a bad source cannot take
 * away what a good one gave. Every 2^16 requests, some more is mixed in. Without a CPU generator the key is only as
 * good as the time stamps, and the log says so; /dev/random and getrandom() do not wait for better, because there would
 * never be any.
 *
 * On QEMU's TCG, RDRAND follows -seed, so that a run with the same seed gives the same numbers.
 *
 * A request of up to 32 bytes costs one block, a single word a sixth of one. The lock is held for one block at a time:
 * long requests copy the key out and go on without it.
 *
 * Locking: base_lock, with interrupts off: get_random_bytes() is called from everywhere.
 * Linux (drivers/char/random.c) has per-CPU keys and an entropy pool in front, with BLAKE2s.
 */
#define pr_fmt(fmt) "random: " fmt

#include <primer/chacha.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/uaccess.h>

#define RESEED_INTERVAL	0x10000		/* requests */

static DEFINE_SPINLOCK(base_lock, LOCK_RANK_DRIVER);	/* key, requests */
static u32 base_key[CHACHA_KEY_WORDS];	/* [base_lock] */
static u32 requests;			/* [base_lock] since the last reseeding; 0: never seeded */
static const u32 zero_nonce[3];

/* One word from the CPU's generator; false when it has none or it does not deliver. */
static bool arch_get_random(u64 *v)
{
	bool ok = false;
	int tries;

	if (!boot_cpu_has(X86_FEATURE_RDRAND))
		return false;
	/* Intel SDM vol. 1, 7.3.17.1: ten failures in a row mean that it is broken. */
	for (tries = 0; tries < 10 && !ok; tries++)
		__asm__ volatile("rdrand %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

/* base_lock held. The next 64 bytes of the stream go to @out, after the key has been replaced. */
static void next_block(u32 state[CHACHA_STATE_WORDS], u8 out[CHACHA_BLOCK_SIZE])
{
	chacha_init(state, base_key, 0, zero_nonce);
	chacha20_block(state, out);
	memcpy(base_key, out, sizeof(base_key));
}

/* base_lock held. Mix in @n words and make a new key. */
static void stir(const u32 *words, unsigned int n)
{
	u32 state[CHACHA_STATE_WORDS];
	u8 block[CHACHA_BLOCK_SIZE];
	unsigned int i;

	for (i = 0; i < n; i++) {
		base_key[i % CHACHA_KEY_WORDS] ^= words[i];
		if (i % CHACHA_KEY_WORDS == CHACHA_KEY_WORDS - 1 || i == n - 1)
			next_block(state, block);
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(state, sizeof(state));
}

/* base_lock held. */
static bool reseed(void)
{
	u64 seed[CHACHA_KEY_WORDS / 2];
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seed); i++) {
		if (!arch_get_random(&seed[i])) {
			seed[i] = 0;
			good = false;
		}
		seed[i] ^= rdtsc() * 0x9e3779b97f4a7c15ULL;
	}
	stir((const u32 *)seed, CHACHA_KEY_WORDS);
	memzero_explicit(seed, sizeof(seed));
	requests = 1;
	return good;
}

/* Start a stream: @out gets the first 32 bytes, @state continues it. */
static void start_stream(u32 state[CHACHA_STATE_WORDS], u8 out[32])
{
	u8 block[CHACHA_BLOCK_SIZE];
	unsigned long flags;

	spin_lock_irqsave(&base_lock, flags);
	if (unlikely(requests == 0 || ++requests > RESEED_INTERVAL))
		reseed();
	next_block(state, block);
	spin_unlock_irqrestore(&base_lock, flags);
	memcpy(out, block + 32, 32);
	memzero_explicit(block, sizeof(block));
}

void get_random_bytes(void *buf, size_t len)
{
	u32 state[CHACHA_STATE_WORDS];
	u8 block[CHACHA_BLOCK_SIZE];
	size_t n = min_t(size_t, len, 32);

	if (!len)
		return;
	start_stream(state, block);
	memcpy(buf, block, n);
	for (buf = (u8 *)buf + n, len -= n; len; buf = (u8 *)buf + n, len -= n) {
		chacha20_block(state, block);
		n = min_t(size_t, len, sizeof(block));
		memcpy(buf, block, n);
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(state, sizeof(state));
}

/*
 * Single words come from a stock that each CPU keeps: two blocks give twelve of them. A word is erased when it is given
 * out, so that the stock tells nothing about the past either.
 */
struct batch {
	u64 words[12];
	unsigned int left;
};
static DEFINE_PER_CPU(struct batch, batches);		/* [owner CPU, interrupts off] */

u64 get_random_u64(void)
{
	struct batch *b;
	unsigned long flags;
	u64 v;

	local_irq_save(flags);
	b = this_cpu_ptr(&batches);
	if (!b->left) {
		get_random_bytes(b->words, sizeof(b->words));
		b->left = ARRAY_SIZE(b->words);
	}
	v = b->words[--b->left];
	b->words[b->left] = 0;
	local_irq_restore(flags);
	return v;
}

u32 get_random_u32(void)
{
	return get_random_u64();
}

/*
 * The high half of a 64-bit product is even but for the first 2^32 mod ceil values of the low half: those are drawn
 * again.
 */
u32 get_random_u32_below(u32 ceil)
{
	u64 product = (u64)get_random_u32() * ceil;

	if ((u32)product < ceil) {
		u32 uneven = -ceil % ceil;

		while ((u32)product < uneven)
			product = (u64)get_random_u32() * ceil;
	}
	return product >> 32;
}

void add_device_randomness(const void *buf, size_t len)
{
	unsigned long flags;
	u32 words[CHACHA_KEY_WORDS];

	while (len) {
		size_t n = min_t(size_t, len, sizeof(words));

		memset(words, 0, sizeof(words));
		memcpy(words, buf, n);
		buf = (const u8 *)buf + n;
		len -= n;
		spin_lock_irqsave(&base_lock, flags);
		stir(words, ARRAY_SIZE(words));
		spin_unlock_irqrestore(&base_lock, flags);
	}
}

ssize_t get_random_bytes_user(char __user *buf, size_t len)
{
	u32 state[CHACHA_STATE_WORDS];
	u8 block[CHACHA_BLOCK_SIZE];
	size_t done = 0, n = min_t(size_t, len, 32), left;

	if (!len)
		return 0;
	for (start_stream(state, block); ; chacha20_block(state, block), n = min_t(size_t, len - done, sizeof(block))) {
		left = copy_to_user(buf + done, block, n);
		done += n - left;
		if (left || done == len)
			break;
		/* Long requests end early for a signal; what keys need (256 bytes) comes whole. */
		if (done % PAGE_SIZE == 32 && done > 256 && signal_pending(current))
			break;
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(state, sizeof(state));
	return done ? (ssize_t)done : -EFAULT;
}

/* Requests before this seed by themselves; here is where the log learns of it. */
static int __init random_init(void)
{
	unsigned long flags;
	bool good;

	spin_lock_irqsave(&base_lock, flags);
	good = reseed();
	spin_unlock_irqrestore(&base_lock, flags);
	if (!good)
		pr_notice("this CPU has no generator: numbers come from time stamps only\n");
	return 0;
}
early_initcall(random_init);
