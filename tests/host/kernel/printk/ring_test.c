/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/kernel/printk/ring_test.c - the log ring under real threads and real interruptions.
 *
 * ring.c is included whole, with two things of the machine replaced: a CPU is a thread, and an NMI is a signal. A
 * signal handler runs between any two instructions of the thread that it hits, on the same stack, and the thread goes
 * on when it has returned: just what ring.c assumes of an NMI. "Interrupts off" does nothing, since NMIs do not care.
 */
#include "harness.h"

#include <primer/bug.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

static __thread int this_cpu;
#undef smp_processor_id
#define smp_processor_id()	this_cpu
#undef local_irq_save
#define local_irq_save(flags)	((flags) = 0)
#define local_irq_restore(flags) ((void)(flags))

#include "../../../../kernel/printk/ring.c"

u64 sched_clock(void)
{
	static u64 now;

	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

/* libc */
typedef unsigned long pthread_t;
int pthread_create(pthread_t *thread, const void *attr, void *(*fn)(void *), void *arg);
int pthread_join(pthread_t thread, void **result);
int pthread_kill(pthread_t thread, int sig);
int sched_yield(void);
void (*signal(int sig, void (*handler)(int)))(int);
#define SIGUSR1	10

/*
 * ---- helpers
 * ----------------------------------------------------------------------------------------------------------
 */

static struct log_desc small_descs[32];
static char small_text[32 * sizeof(struct log_desc)];

/* Start a test with an empty ring of 32 descriptors and 1 KiB. */
static void fresh_ring(void)
{
	static_ring = (struct log_ring){
		.descs = small_descs,
		.text = small_text,
		.desc_mask = ARRAY_SIZE(small_descs) - 1,
		.text_size = sizeof(small_text),
	};
	ring = &static_ring;
	annex.used = annex.lost = 0;
	log_owner = -1;
}

static void store(const char *text, u8 flags)
{
	struct log_entry e = {
		.caller_id = this_cpu, .level = 6, .flags = flags,
		.text = text, .text_len = __builtin_strlen(text),
	};

	log_store(&e);
}

static bool get(u64 seq, struct printk_info *info, char *text, size_t size)
{
	struct printk_record r = { .info = info, .text_buf = text, .text_buf_size = size };

	return printk_get_record(seq, &r);
}

/* R1 and R2 of ring.c. */
static void check_invariants(void)
{
	u64 seq, end = 0;

	CHECK(ring->first_seq <= ring->next_seq);
	CHECK(ring->next_seq - ring->first_seq <= ring->desc_mask + 1);
	for (seq = ring->first_seq; seq != ring->next_seq; seq++) {
		const struct log_desc *d = &ring->descs[seq & ring->desc_mask];

		CHECK(d->lpos >= end);
		end = d->lpos + d->text_len;
		CHECK(end <= ring->head && ring->head - d->lpos <= ring->text_size);
		CHECK((d->lpos & (ring->text_size - 1)) + d->text_len <= ring->text_size);
	}
}

/*
 * ---- one thread
 * -------------------------------------------------------------------------------------------------------
 */

static void records_come_back_in_order(void)
{
	struct printk_info info;
	char text[LOG_LINE_MAX];

	fresh_ring();
	store("first", LOG_NEWLINE);
	store("second", LOG_NEWLINE);
	CHECK(get(0, &info, text, sizeof(text)));
	CHECK_STR(text, "first");
	CHECK(get(1, &info, text, sizeof(text)));
	CHECK_STR(text, "second");
	CHECK_EQ(info.seq, 1);
	CHECK(!get(2, &info, text, sizeof(text)));
	CHECK(get(1, &info, text, 4));
	CHECK_STR(text, "sec");
	CHECK_EQ(info.text_len, 6);
}

/* Random lengths, many times around: what is left is the newest, whole, and the invariants hold after each store. */
static void old_records_make_room(void)
{
	static u16 lengths[20000];
	struct printk_info info;
	char text[LOG_LINE_MAX];
	u64 seq, i;

	fresh_ring();
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		lengths[i] = rnd_below(4) ? rnd_below(60) : rnd_below(1000);
		memset(text, 'a' + i % 26, lengths[i]);
		text[lengths[i]] = '\0';
		store(text, LOG_NEWLINE);
		check_invariants();
	}
	CHECK_EQ(printk_next_seq(), ARRAY_SIZE(lengths));
	CHECK(get(0, &info, text, sizeof(text)));
	CHECK_EQ(info.seq, printk_first_seq());
	CHECK(info.seq > 0);
	for (seq = printk_first_seq(); seq < printk_next_seq(); seq++) {
		CHECK(get(seq, &info, text, sizeof(text)));
		CHECK_EQ(info.text_len, lengths[seq]);
		for (i = 0; i < info.text_len; i++)
			CHECK_EQ(text[i], 'a' + seq % 26);
	}
}

static void continuations_join(void)
{
	struct printk_info info;
	char text[LOG_LINE_MAX];

	fresh_ring();
	store("a", 0);
	CHECK_EQ(printk_next_seq(), 0);		/* unfinished: readers do not see it */
	store("b", LOG_CONT);
	store("c", LOG_CONT | LOG_NEWLINE);
	CHECK_EQ(printk_next_seq(), 1);
	CHECK(get(0, &info, text, sizeof(text)));
	CHECK_STR(text, "abc");

	/* Somebody else's record ends the line; what comes after is a record of its own. */
	store("open", 0);
	this_cpu = 1;
	store("intruder", LOG_NEWLINE);
	this_cpu = 0;
	store("rest", LOG_CONT | LOG_NEWLINE);
	CHECK(get(1, &info, text, sizeof(text)));
	CHECK_STR(text, "open");
	CHECK(get(2, &info, text, sizeof(text)));
	CHECK_STR(text, "intruder");
	CHECK(get(3, &info, text, sizeof(text)));
	CHECK_STR(text, "rest");
	CHECK(info.flags & LOG_CONT);

	/* Another caller's continuation does not land in ours. */
	store("mine", 0);
	this_cpu = 1;
	store("yours", LOG_CONT | LOG_NEWLINE);
	this_cpu = 0;
	CHECK(get(4, &info, text, sizeof(text)));
	CHECK_STR(text, "mine");
	store("last", 0);
	log_finalize();
	CHECK(get(6, &info, text, sizeof(text)));
	CHECK_STR(text, "last");
}

static void continuations_keep_the_invariants(void)
{
	u64 i;

	fresh_ring();
	for (i = 0; i < 20000; i++) {
		char text[200];
		u64 n = rnd_below(sizeof(text) - 1);

		memset(text, 'x', n);
		text[n] = '\0';
		this_cpu = rnd_below(2);
		store(text, (rnd_below(2) ? LOG_CONT : 0) | (rnd_below(3) ? 0 : LOG_NEWLINE));
		check_invariants();
	}
	this_cpu = 0;
}

static void growth_loses_nothing(void)
{
	struct printk_info info;
	char text[LOG_LINE_MAX];
	size_t size = 8192;
	char *buf = malloc(size);
	u64 first, next, seq;
	int i;

	fresh_ring();
	for (i = 0; i < 100; i++) {
		text[snprintf(text, sizeof(text), "record %d", i)] = '\0';
		store(text, LOG_NEWLINE);
	}
	store("open ", 0);
	first = printk_first_seq();
	next = printk_next_seq();
	CHECK_EQ(log_buf_grow(buf, 3000), -EINVAL);
	CHECK_EQ(log_buf_grow(buf, 1024), -EINVAL);
	CHECK_EQ(log_buf_grow(buf, size), 0);
	check_invariants();
	CHECK_EQ(log_buf_size(), size);
	CHECK_EQ(printk_first_seq(), first);
	CHECK_EQ(printk_next_seq(), next);
	store("end", LOG_CONT | LOG_NEWLINE);
	for (seq = first; seq < next; seq++) {
		char want[32];

		snprintf(want, sizeof(want), "record %llu", seq);
		CHECK(get(seq, &info, text, sizeof(text)));
		CHECK_STR(text, want);
	}
	CHECK(get(next, &info, text, sizeof(text)));
	CHECK_STR(text, "open end");
	fresh_ring();
	free(buf);
}

/*
 * ---- nested in the owner
 * ----------------------------------------------------------------------------------------------
 */

static void the_annex_keeps_what_comes_while_the_ring_is_held(void)
{
	struct printk_info info;
	char text[LOG_LINE_MAX];
	int i;

	fresh_ring();
	CHECK(log_enter());
	CHECK(!log_enter());
	store("nested 1", LOG_NEWLINE);
	store("nested 2", LOG_NEWLINE);
	CHECK(!get(0, &info, text, sizeof(text)));
	log_leave();
	CHECK(get(0, &info, text, sizeof(text)));
	CHECK_STR(text, "nested 1");
	CHECK(get(1, &info, text, sizeof(text)));
	CHECK_STR(text, "nested 2");

	/* More than it holds is counted. */
	CHECK(log_enter());
	memset(text, 'n', 900);
	text[900] = '\0';
	for (i = 0; i < 6; i++)
		store(text, LOG_NEWLINE);
	log_leave();
	CHECK(get(printk_next_seq() - 1, &info, text, sizeof(text)));
	CHECK_STR(text, "** 2 nested printk messages dropped **");
	check_invariants();

	/* The owner never comes back. */
	CHECK(log_enter());
	store("kept", LOG_NEWLINE);
	log_abandon();
	CHECK_EQ(log_owner, -1);
	CHECK(get(printk_next_seq() - 1, &info, text, sizeof(text)));
	CHECK_STR(text, "kept");
}

#define CPUS	3
#define STORES	100000

static pthread_t threads[CPUS];
static int nmis[CPUS];			/* [that thread's handler] */
static int stores[CPUS];		/* [that thread] */
static int ready, stop;
static bool seen[CPUS][2][STORES];

static void nmi(int sig)
{
	char text[64];
	int cpu = this_cpu;

	if (nmis[cpu] == STORES)
		return;
	snprintf(text, sizeof(text), "nmi %d %d", cpu, nmis[cpu]++);
	store(text, LOG_NEWLINE);
}

static void *writer(void *arg)
{
	char text[200];

	this_cpu = (long)arg;
	__atomic_add_fetch(&ready, 1, __ATOMIC_RELEASE);	/* NMIs must find a CPU that has its number */
	while (stores[this_cpu] < STORES) {
		int n = snprintf(text, sizeof(text), "cpu %d %d ", this_cpu, stores[this_cpu]++);

		memset(text + n, '.', stores[this_cpu] % 100);
		text[n + stores[this_cpu] % 100] = '\0';
		store(text, LOG_NEWLINE);
	}
	__atomic_add_fetch(&stop, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) <= CPUS)	/* NMIs must find a live thread */
		sched_yield();
	return NULL;
}

/* "cpu 1 17 ...": mark it as seen; false when it is torn or comes twice. */
static bool note(const char *text)
{
	bool is_nmi = text[0] == 'n';
	int cpu = text[4] - '0', n = 0, dots = 0;
	const char *s = text + 6;

	if (memcmp(text, is_nmi ? "nmi " : "cpu ", 4) || cpu < 0 || cpu >= CPUS || text[5] != ' ')
		return false;
	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	if (!is_nmi) {
		if (*s++ != ' ')
			return false;
		while (s[dots] == '.')
			dots++;
		if (dots != (n + 1) % 100 || s[dots])
			return false;
	} else if (*s) {
		return false;
	}
	if (n >= STORES || seen[cpu][is_nmi][n])
		return false;
	seen[cpu][is_nmi][n] = true;
	return true;
}

static void no_record_is_lost_or_torn(void)
{
	size_t size = 64 << 20;
	char *buf = malloc(size), text[LOG_LINE_MAX];
	struct printk_info info;
	u64 seq = 0, last = 0;
	int cpu, i;

	fresh_ring();
	CHECK_EQ(log_buf_grow(buf, size), 0);
	signal(SIGUSR1, nmi);
	this_cpu = CPUS;		/* this thread reads and sends the NMIs */
	for (cpu = 0; cpu < CPUS; cpu++)
		pthread_create(&threads[cpu], NULL, writer, (void *)(long)cpu);
	while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < CPUS)
		sched_yield();
	while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) < CPUS) {
		for (cpu = 0; cpu < CPUS; cpu++)
			pthread_kill(threads[cpu], SIGUSR1);
		for (i = 0; i < 8 && get(seq, &info, text, sizeof(text)); i++) {
			CHECK_EQ(info.seq, seq);
			CHECK(info.ts_nsec > last);
			last = info.ts_nsec;
			if (!note(text))
				FAIL("record %llu is wrong: \"%s\"", seq, text);
			seq++;
		}
	}
	__atomic_add_fetch(&stop, 1, __ATOMIC_RELEASE);
	for (cpu = 0; cpu < CPUS; cpu++)
		pthread_join(threads[cpu], NULL);
	while (get(seq, &info, text, sizeof(text))) {
		CHECK(info.ts_nsec > last);
		last = info.ts_nsec;
		if (!note(text))
			FAIL("record %llu is wrong: \"%s\"", seq, text);
		seq++;
	}
	check_invariants();
	CHECK_EQ(annex.used, 0);
	for (cpu = 0; cpu < CPUS; cpu++) {
		CHECK_EQ(stores[cpu], STORES);
		for (i = 0; i < STORES; i++)
			CHECK(seen[cpu][0][i]);
		for (i = 0; i < nmis[cpu]; i++)
			CHECK(seen[cpu][1][i]);
	}
	printf("# %llu records, NMIs %d %d %d\n", seq, nmis[0], nmis[1], nmis[2]);
	this_cpu = 0;
	fresh_ring();
	free(buf);
}

static const struct test tests[] = {
	{ "records come back in order, cut to the reader's buffer", records_come_back_in_order },
	{ "R1, R2: old records make room for new ones", old_records_make_room },
	{ "a line grows by continuations until somebody else writes", continuations_join },
	{ "R1, R2: also with continuations at random", continuations_keep_the_invariants },
	{ "growth loses nothing and keeps the numbers", growth_loses_nothing },
	{ "the annex keeps what comes while its CPU is inside", the_annex_keeps_what_comes_while_the_ring_is_held },
	{ "three CPUs and NMIs: no record is lost, torn or doubled", no_record_is_lost_or_torn },
};
MAIN("log_ring", tests)
