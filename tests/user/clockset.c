/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/clockset.c - timers that hear when the clock is set (TFD_TIMER_CANCEL_ON_SET), made and closed by many threads while
 * another thread sets it.
 *
 *	clockset [seconds]		sets the clock of the machine: not for one that somebody needs
 *
 * First each rule alone. Then the race, in which every answer can be foretold. Settings are numbered when they begin and when they
 * are done, one at a time:
 *
 *	setter		begun = n   clock_settime()   done = n
 *	a thread	is begun == done? make and start a timer, read it; still the same begun: EAGAIN, for nobody has set the clock
 *			started at begun == b: wait until done > b. That setting has begun after the start: ECANCELED, and once
 *
 * Most timers are closed without having been read, so that they go while the kernel's walk is at them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define THREADS		6
#define FLOCK		16		/* timers that a thread has at a time */
#define FAR		1000000000L	/* s from now: no timer expires */

static const int TOLD = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
static long begun, done;
static long timers, canceled, quiet, wrong_answers;
static int stop;

static void wrong(const char *what, long got)
{
	dprintf(1, "clockset: WRONG: %s: %ld (%s)\n", what, got, strerror(errno));
	__atomic_add_fetch(&wrong_answers, 1, __ATOMIC_RELAXED);
}

static void expect(const char *what, long want, long got)
{
	if (want != got)
		wrong(what, got);
}

/* The clock goes forward, so that no two settings give the same calendar. */
static void set_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec++;
	__atomic_store_n(&begun, begun + 1, __ATOMIC_SEQ_CST);
	if (clock_settime(CLOCK_REALTIME, &now))
		wrong("clock_settime", -1);
	__atomic_store_n(&done, begun, __ATOMIC_SEQ_CST);
}

/* 0, or the error. */
static int start(int fd, int flags, long seconds)
{
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };

	if (seconds && flags & TFD_TIMER_ABSTIME)
		clock_gettime(CLOCK_REALTIME, &it.it_value);
	it.it_value.tv_sec += seconds;
	return timerfd_settime(fd, flags, &it, NULL) ? errno : 0;
}

static int make(int clock)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK);

	if (fd < 0)
		wrong("timerfd_create", fd);
	return fd;
}

/* 0: it has expired; or the error. */
static int look(int fd)
{
	uint64_t ticks;
	ssize_t n = read(fd, &ticks, sizeof(ticks));

	return n < 0 ? errno : n == sizeof(ticks) ? 0 : -1;
}

static int readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

/* ---- each rule alone --------------------------------------------------------------------------------------------- */

static void *reader(void *arg)
{
	int fd = *(int *)arg;

	return (void *)(long)look(fd);
}

static void rules(void)
{
	struct itimerspec left;
	int told = make(CLOCK_REALTIME), other = make(CLOCK_REALTIME), mono = make(CLOCK_MONOTONIC), asleep;
	pthread_t thread;
	void *got;

	expect("start", 0, start(told, TOLD, FAR));
	expect("start one that does not want to hear", 0, start(other, TFD_TIMER_ABSTIME, FAR));
	expect("start one of another clock", 0, start(mono, TOLD, FAR));
	expect("before the clock is set", EAGAIN, look(told));
	set_clock();
	expect("poll", 1, readable(told));
	expect("the clock was set", ECANCELED, look(told));
	expect("poll after it was told", 0, readable(told));
	expect("told once", EAGAIN, look(told));
	expect("it did not want to hear", EAGAIN, look(other));
	expect("not its clock", EAGAIN, look(mono));
	set_clock();
	expect("each time", ECANCELED, look(told));

	set_clock();
	expect("start before having been told", ECANCELED, start(told, TOLD, FAR));
	timerfd_gettime(told, &left);
	expect("and it is started", 1, left.it_value.tv_sec > FAR - 100);
	expect("settime has told", EAGAIN, look(told));
	set_clock();
	expect("stop before having been told", 0, start(told, TOLD, 0));
	expect("which leaves nothing to poll for", 0, readable(told));
	expect("but a reader is told", ECANCELED, look(told));

	set_clock();
	expect("no longer wanted", 0, start(told, TFD_TIMER_ABSTIME, FAR));
	expect("nothing to hear", EAGAIN, look(told));
	set_clock();
	expect("still nothing", EAGAIN, look(told));

	asleep = timerfd_create(CLOCK_REALTIME, 0);
	expect("start for a sleeper", 0, start(asleep, TOLD, FAR));
	pthread_create(&thread, NULL, reader, &asleep);
	usleep(50000);
	set_clock();
	pthread_join(thread, &got);
	expect("a sleeping reader", ECANCELED, (long)got);
	close(told);
	close(other);
	close(mono);
	close(asleep);
	dprintf(1, "clockset: rules: %ld wrong\n", wrong_answers);
}

/* ---- the race ---------------------------------------------------------------------------------------------------- */

static long now_begun(void)	{ return __atomic_load_n(&begun, __ATOMIC_SEQ_CST); }
static long now_done(void)	{ return __atomic_load_n(&done, __ATOMIC_SEQ_CST); }

static int start_told(int fd)
{
	long before = now_done();
	int err = start(fd, TOLD, FAR);

	/* A new timer knows the calendar of its creation. */
	if (err && (err != ECANCELED || now_begun() == before))
		wrong("start", err);
	__atomic_add_fetch(&timers, 1, __ATOMIC_RELAXED);
	return err;
}

static void one_that_is_told(void)
{
	int fd = make(CLOCK_REALTIME), err;
	long b;

	start_told(fd);
	b = now_begun();
	while (now_done() <= b)
		if (__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
			close(fd);
			return;
		} else {
			usleep(50);
		}
	err = look(fd);
	if (err != ECANCELED)
		wrong("the clock was set, and it was not told", err);
	__atomic_add_fetch(&canceled, 1, __ATOMIC_RELAXED);
	close(fd);
}

static void one_that_is_left_alone(void)
{
	long d = now_done(), b = now_begun();
	int fd = make(CLOCK_REALTIME), err;

	start(fd, TOLD, FAR);
	err = look(fd);
	if (err != EAGAIN && err != ECANCELED)
		wrong("read", err);
	if (b == d && now_begun() == b) {
		if (err != EAGAIN)
			wrong("nobody has set the clock", err);
		__atomic_add_fetch(&quiet, 1, __ATOMIC_RELAXED);
	}
	close(fd);
}

/* Many, in any order, and gone again. */
static void a_flock(unsigned int *seed)
{
	int fd[FLOCK], i;

	for (i = 0; i < FLOCK; i++) {
		fd[i] = make(CLOCK_REALTIME);
		start_told(fd[i]);
	}
	for (i = 0; i < FLOCK; i++) {
		int k = rand_r(seed) % FLOCK;

		/* Wanted or not: on the list it stays. */
		if (rand_r(seed) % 4 == 0)
			start(fd[k], rand_r(seed) % 2 ? TOLD : TFD_TIMER_ABSTIME, FAR);
		if (rand_r(seed) % 4 == 0)
			look(fd[k]);
	}
	for (i = 0; i < FLOCK; i++) {
		int k = i + rand_r(seed) % (FLOCK - i), t = fd[k];

		fd[k] = fd[i];
		close(t);
	}
}

static void *race(void *arg)
{
	unsigned int seed = (unsigned int)(long)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		a_flock(&seed);
		one_that_is_told();
		one_that_is_left_alone();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	struct timespec at, end;
	pthread_t threads[THREADS];
	long i;

	rules();
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)seconds;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, race, (void *)(i + 1));
	setpriority(PRIO_PROCESS, 0, -20);	/* this thread's */
	do {
		set_clock();
		if (begun % 8 == 0)
			usleep(2000);
		clock_gettime(CLOCK_MONOTONIC, &at);
	} while (at.tv_sec < end.tv_sec || (at.tv_sec == end.tv_sec && at.tv_nsec < end.tv_nsec));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	dprintf(1, "clockset: %ld settings, %ld timers, %ld told, %ld left alone, %ld wrong\n", done, timers, canceled, quiet,
		wrong_answers);
	return wrong_answers != 0;
}
