/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/timers.c - sleeping and timers as programs see them: what the calls return, refuse, count and interrupt.
 *
 * Times are printed only as answers ("between so and so"), wide enough for a busy host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS	1000000LL
#define SEC	1000000000LL

static volatile sig_atomic_t hits, overrun, code, value;

static void hit(int sig)
{
	(void)sig;
	hits++;
}

static void hit_info(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	(void)ctx;
	hits++;
	code = info->si_code;
	overrun = info->si_overrun;
	value = info->si_value.sival_int;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = hit, .sa_flags = flags };

	if (flags & SA_SIGINFO)
		sa.sa_sigaction = hit_info;
	hits = 0;
	sigaction(sig, &sa, NULL);
}

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

static struct timespec ns(int64_t t)
{
	return (struct timespec){ t / SEC, t % SEC };
}

static const char *in(int64_t t, int64_t low, int64_t high)
{
	static char text[64];

	if (t >= low && t <= high)
		return "as it should be";
	snprintf(text, sizeof(text), "%lld, not in %lld .. %lld", (long long)t, (long long)low, (long long)high);
	return text;
}

/* In system calls, not the C library's idea of them. */
static int sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *ts, struct timespec *rem)
{
	return (int)syscall(SYS_clock_nanosleep, clock, flags, ts, rem) ? errno : 0;
}

static void sleeping(void)
{
	static const clockid_t clocks[] = { 0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 99 };
	struct timespec ts = ns(20 * MS), rem = { 7, 7 }, bad;
	struct itimerval it = { { 0, 30000 }, { 0, 30000 } }, off = { { 0, 0 }, { 0, 0 } };	/* one of them meets the wait */
	int64_t start = now(CLOCK_MONOTONIC);
	int err, n;

	err = nanosleep(&ts, &rem);
	printf("nanosleep: %d, slept %s, rest untouched %ld\n", err, in(now(CLOCK_MONOTONIC) - start, 20 * MS, 100 * SEC), rem.tv_sec);
	bad = (struct timespec){ 0, SEC };
	err = nanosleep(&bad, NULL);
	printf("nanosleep of 10^9 ns: %d %d\n", err, errno);
	bad = (struct timespec){ -1, 0 };
	err = nanosleep(&bad, NULL);
	printf("nanosleep of -1 s: %d %d\n", err, errno);
	bad = (struct timespec){ 0, 0 };
	printf("nanosleep of nothing: %d\n", nanosleep(&bad, NULL));
	err = (int)syscall(SYS_nanosleep, (void *)8, NULL);
	printf("nanosleep of nowhere: %d %d\n", err, errno);

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		ts = ns(clocks[i] == CLOCK_PROCESS_CPUTIME_ID ? 0 : MS);
		printf("clock %d: relative %d", clocks[i], sys_clock_nanosleep(clocks[i], 0, &ts, NULL));
		ts = ns(1);
		printf(", until long ago %d\n", sys_clock_nanosleep(clocks[i], TIMER_ABSTIME, &ts, NULL));
	}
	for (int i = 0; i < 2; i++) {
		clockid_t clock = i ? CLOCK_REALTIME : CLOCK_MONOTONIC;

		start = now(clock) + 30 * MS;
		ts = ns(start);
		err = sys_clock_nanosleep(clock, TIMER_ABSTIME, &ts, NULL);
		printf("until: %d, %s\n", err, in(now(clock) - start, 0, 100 * SEC));
	}

	/* A handler ends a sleep, whatever SA_RESTART says; the rest is told. */
	handle(SIGALRM, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	ts = ns(10 * SEC);
	err = nanosleep(&ts, &rem);
	n = errno;
	setitimer(ITIMER_REAL, &off, NULL);
	printf("interrupted: %d %d, handled %d, rest %s\n", err, n, hits > 0, in(rem.tv_sec * SEC + rem.tv_nsec, 1, 10 * SEC - 1));
	hits = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	ts = ns(now(CLOCK_MONOTONIC) + 10 * SEC);
	rem.tv_sec = 77;
	err = sys_clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, &rem);
	setitimer(ITIMER_REAL, &off, NULL);
	printf("interrupted until: %d, handled %d, rest untouched %ld\n", err, hits > 0, rem.tv_sec);
}

/* A stop and SIGCONT without a handler: the sleep goes on, and ends when it would have. */
static void stopped(void)
{
	struct timespec ts = ns(300 * MS), pause = ns(60 * MS);
	int64_t start = now(CLOCK_MONOTONIC);
	int status;
	pid_t p = fork();

	if (!p) {
		int err = nanosleep(&ts, NULL);
		int64_t slept = now(CLOCK_MONOTONIC) - start;

		_exit(err ? 1 : slept < 300 * MS ? 2 : slept > 5 * SEC ? 3 : 0);
	}
	for (int i = 0; i < 2; i++) {
		nanosleep(&pause, NULL);
		kill(p, SIGSTOP);
		waitpid(p, &status, WUNTRACED);
		nanosleep(&pause, NULL);
		kill(p, SIGCONT);
	}
	waitpid(p, &status, 0);
	printf("slept across two stops: %d\n", WEXITSTATUS(status));
}

static void burn(int64_t cpu)
{
	int64_t end = now(CLOCK_PROCESS_CPUTIME_ID) + cpu;

	while (now(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static void intervals(void)
{
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, old, off = { { 0, 0 }, { 0, 0 } };
	int64_t start = now(CLOCK_MONOTONIC);
	unsigned int left;
	int err;

	handle(SIGALRM, 0);
	printf("setitimer: %d\n", setitimer(ITIMER_REAL, &it, &old));
	printf("was off: %ld %ld\n", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);
	while (hits < 10)
		pause();
	printf("10 x 10 ms: %s\n", in(now(CLOCK_MONOTONIC) - start, 100 * MS, 100 * SEC));
	getitimer(ITIMER_REAL, &old);
	printf("interval %ld, value %s\n", (long)old.it_interval.tv_usec, in(old.it_value.tv_usec, 1, 10000));
	setitimer(ITIMER_REAL, &off, NULL);
	getitimer(ITIMER_REAL, &old);
	printf("off: %ld %ld %ld\n", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec, (long)old.it_interval.tv_usec);

	printf("alarm: %u", alarm(100));
	left = alarm(5);
	printf(" %s", in(left, 50, 100));
	left = alarm(0);
	printf(" %s %u\n", in(left, 1, 5), alarm(0));
	it.it_value.tv_usec = 1000000;
	err = setitimer(ITIMER_REAL, &it, NULL);
	printf("10^6 us: %d %d\n", err, errno);
	err = setitimer(3, &off, NULL);
	printf("timer 3: %d %d", err, errno);
	err = getitimer(3, &old);
	printf(", %d %d\n", err, errno);
	err = (int)syscall(SYS_setitimer, ITIMER_REAL, 8, NULL);
	printf("to nowhere: %d %d\n", err, errno);

	/* CPU time. */
	handle(SIGPROF, 0);
	it = (struct itimerval){ { 0, 20000 }, { 0, 20000 } };
	setitimer(ITIMER_PROF, &it, NULL);
	while (hits < 3)
		burn(MS);
	setitimer(ITIMER_PROF, &off, NULL);
	handle(SIGVTALRM, 0);
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	while (hits < 2)
		for (volatile int i = 0; i < 100000; i++)
			;
	getitimer(ITIMER_VIRTUAL, &old);
	setitimer(ITIMER_VIRTUAL, &off, NULL);
	printf("SIGPROF and SIGVTALRM come, interval %ld\n", (long)old.it_interval.tv_usec);
}

/* Timers by their kernel numbers. */
static int create(clockid_t clock, int notify, int signo, int tid, int *id)
{
	struct sigevent ev;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = notify;
	ev.sigev_signo = signo;
	ev.sigev_value.sival_int = 4711;
	((int *)&ev)[4] = tid;		/* sigev_notify_thread_id */
	return (int)syscall(SYS_timer_create, clock, &ev, id) ? errno : 0;
}

static int settime(int id, int flags, int64_t value_ns, int64_t interval, struct itimerspec *old)
{
	struct itimerspec it = { ns(interval), ns(value_ns) };

	return (int)syscall(SYS_timer_settime, id, flags, &it, old) ? errno : 0;
}

static int64_t left(int id)
{
	struct itimerspec it;

	if (syscall(SYS_timer_gettime, id, &it))
		return -errno;
	return it.it_value.tv_sec * SEC + it.it_value.tv_nsec;
}

static void posix_timers(void)
{
	static const clockid_t clocks[] = { 0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 99 };
	struct itimerspec old;
	struct timespec ts;
	sigset_t set;
	int id, id2, n;

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		n = create(clocks[i], SIGEV_NONE, 0, 0, &id);
		printf("timer on clock %d: %d\n", clocks[i], n);
		if (!n)
			syscall(SYS_timer_delete, id);
	}
	printf("refused: %d %d %d %d\n", create(1, 77, SIGALRM, 0, &id), create(1, SIGEV_SIGNAL, 0, 0, &id), create(1, SIGEV_SIGNAL, 65, 0, &id),
	       create(1, SIGEV_THREAD_ID, SIGUSR1, 2, &id));
	printf("no such timer: %d %lld\n", settime(123456, 0, 1, 0, NULL), (long long)left(123456));
	n = (int)syscall(SYS_timer_delete, 123456);
	printf("delete, overrun: %d %d, ", n, errno);
	n = (int)syscall(SYS_timer_getoverrun, 123456);
	printf("%d %d\n", n, errno);

	handle(SIGUSR1, SA_SIGINFO);
	printf("create: %d\n", create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0, &id));
	printf("never set: %lld\n", (long long)left(id));
	printf("10^9 ns: %d\n", (int)syscall(SYS_timer_settime, id, 0, &(struct itimerspec){ { 0, SEC }, { 0, 1 } }, NULL) ? errno : 0);
	printf("once: %d", settime(id, 0, 20 * MS, 0, NULL));
	while (!hits)
		pause();
	printf(", code %d value %d overrun %d, left %lld\n", code, value, overrun, (long long)left(id));
	printf("far away: %d, ", settime(id, 0, 100 * SEC, 3 * SEC, NULL));
	printf("%s, ", in(left(id), 50 * SEC, 100 * SEC));
	printf("old %d ", settime(id, 0, 0, 0, &old));
	printf("%s interval %ld, stopped %lld\n", in(old.it_value.tv_sec, 50, 100), (long)old.it_interval.tv_sec, (long long)left(id));
	settime(id, TIMER_ABSTIME, now(CLOCK_MONOTONIC) + 20 * MS, 0, NULL);
	hits = 0;
	while (!hits)
		pause();
	printf("absolute\n");

	/* Blocked for 100 ms with an interval of 10: one signal, nine or more overruns. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	hits = 0;
	settime(id, 0, 10 * MS, 10 * MS, NULL);
	ts = ns(105 * MS);
	nanosleep(&ts, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	n = overrun;
	printf("overrun: %s, and again %s\n", in(n, 9, 100000), in(syscall(SYS_timer_getoverrun, id), 0, 100000));
	hits = 0;
	while (hits < 5)
		pause();
	printf("goes on\n");
	printf("delete: %ld, ", syscall(SYS_timer_delete, id));
	n = (int)syscall(SYS_timer_delete, id);
	printf("again %d %d\n", n, errno);

	/* To a thread; two at a time; nobody. */
	hits = 0;
	printf("to this thread: %d\n", create(CLOCK_REALTIME, SIGEV_THREAD_ID, SIGUSR1, (int)syscall(SYS_gettid), &id));
	printf("silent: %d\n", create(CLOCK_BOOTTIME, SIGEV_NONE, 0, 0, &id2));
	settime(id2, 0, 10 * MS, 0, NULL);
	settime(id, 0, 30 * MS, 0, NULL);
	while (!hits)
		pause();
	printf("silent has run: %lld\n", (long long)left(id2));
	settime(id2, 0, 10 * MS, 50 * MS, NULL);
	ts = ns(30 * MS);
	nanosleep(&ts, NULL);
	printf("silent goes on: %s\n", in(left(id2), 1, 50 * MS));
	syscall(SYS_timer_delete, id);
	syscall(SYS_timer_delete, id2);

	/* Ignored: it goes on by itself, and does not disturb. */
	signal(SIGUSR1, SIG_IGN);
	create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0, &id);
	settime(id, 0, MS, MS, NULL);
	ts = ns(30 * MS);
	printf("ignored: %d\n", nanosleep(&ts, NULL));
	syscall(SYS_timer_delete, id);

	/* CPU time. */
	handle(SIGUSR1, SA_SIGINFO);
	create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 0, &id);
	settime(id, 0, 20 * MS, 20 * MS, NULL);
	while (hits < 3)
		burn(MS);
	printf("on CPU time, left %s\n", in(left(id), 1, 20 * MS));
	syscall(SYS_timer_delete, id);
	create(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 0, &id);
	hits = 0;
	settime(id, 0, 10 * MS, 0, NULL);
	while (!hits)
		burn(MS);
	printf("on the thread's\n");
	/* Left armed: the end of the process takes it. */
	settime(id, 0, SEC, SEC, NULL);
	create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0, &id);
	settime(id, 0, SEC, SEC, NULL);
}

static void descriptors(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 20 * MS } }, cur;
	struct pollfd pfd = { .events = POLLIN };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), fd2, err;
	uint64_t n = 0;
	struct timespec ts;
	struct stat st;

	printf("timerfd: %d %d\n", fd >= 0, fcntl(fd, F_GETFD));
	err = timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0);
	printf("refused: %d %d", err, errno);
	err = timerfd_create(CLOCK_MONOTONIC, 1);
	printf(", %d %d", err, errno);
	err = timerfd_settime(0, 0, &it, NULL);
	printf(", %d %d", err, errno);
	err = timerfd_settime(99, 0, &it, NULL);
	printf(", %d %d", err, errno);
	err = timerfd_settime(fd, 8, &it, NULL);
	printf(", %d %d", err, errno);
	err = (int)read(fd, &n, 7);
	printf(", %d %d\n", err, errno);
	timerfd_gettime(fd, &cur);
	printf("never set: %ld %ld\n", (long)cur.it_value.tv_sec, (long)cur.it_value.tv_nsec);

	timerfd_settime(fd, 0, &it, NULL);
	err = (int)read(fd, &n, sizeof(n));
	printf("once: %d %llu\n", err, (unsigned long long)n);
	it = (struct itimerspec){ { 0, 10 * MS }, { 0, 10 * MS } };
	timerfd_settime(fd, 0, &it, NULL);
	ts = ns(105 * MS);
	nanosleep(&ts, NULL);
	read(fd, &n, sizeof(n));
	printf("interval: %s\n", in((int64_t)n, 10, 100000));
	read(fd, &n, sizeof(n));
	printf("and on: %s\n", in((int64_t)n, 1, 100000));
	timerfd_gettime(fd, &cur);
	printf("left: %s, interval %ld\n", in(cur.it_value.tv_nsec, 1, 10 * MS), (long)cur.it_interval.tv_nsec);
	it = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
	timerfd_settime(fd, 0, &it, &cur);
	timerfd_gettime(fd, &it);
	printf("stopped: interval was %ld, value is %ld\n", (long)cur.it_interval.tv_nsec, (long)it.it_value.tv_nsec);

	pfd.fd = fd;
	err = poll(&pfd, 1, 0);
	printf("poll: %d", err);
	it = (struct itimerspec){ { 0, 0 }, { 0, 20 * MS } };
	timerfd_settime(fd, 0, &it, NULL);
	err = poll(&pfd, 1, 10000);
	printf(" %d %x\n", err, pfd.revents);

	fd2 = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	err = (int)read(fd2, &n, sizeof(n));
	printf("nothing to read: %d %d\n", err, errno);
	it = (struct itimerspec){ { 0, 0 }, ns(now(CLOCK_REALTIME) + 20 * MS) };
	timerfd_settime(fd2, TFD_TIMER_ABSTIME, &it, NULL);
	nanosleep(&ts, NULL);
	err = (int)read(fd2, &n, sizeof(n));
	printf("absolute: %d %llu", err, (unsigned long long)n);
	err = (int)read(fd2, &n, sizeof(n));
	printf(", then %d %d\n", err, errno);
	err = (int)write(fd, &n, 8);
	printf("write: %d %d\n", err, errno);
	fstat(fd, &st);
	printf("mode %o\n", st.st_mode);
	/* Closing an armed one. */
	it = (struct itimerspec){ { 0, MS }, { 0, MS } };
	timerfd_settime(fd, 0, &it, NULL);
	printf("close: %d %d\n", close(fd), close(fd2));

	/* A signal ends the wait. */
	fd = timerfd_create(CLOCK_BOOTTIME, 0);
	handle(SIGALRM, 0);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 20000 }, { 0, 20000 } }, NULL);	/* one of them meets the read */
	err = (int)read(fd, &n, sizeof(n));
	printf("read: %d %d\n", err, errno);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 0 } }, NULL);
	close(fd);
}

static void inheritance(void)
{
	struct itimerval old;
	int status;
	pid_t p;

	alarm(50);
	p = fork();
	if (!p) {
		getitimer(ITIMER_REAL, &old);
		_exit(old.it_value.tv_sec || old.it_value.tv_usec);
	}
	waitpid(p, &status, 0);
	printf("a child has none: %d, we have %s\n", WEXITSTATUS(status), in(alarm(0), 10, 50));
	p = fork();
	if (!p) {
		signal(SIGALRM, SIG_DFL);
		setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 1000 } }, NULL);
		for (;;)
			pause();
	}
	waitpid(p, &status, 0);
	printf("killed by %d\n", WTERMSIG(status));
	p = fork();
	if (!p) {
		struct rlimit r = { 1, 2 };

		setrlimit(RLIMIT_CPU, &r);
		signal(SIGXCPU, hit);
		while (!hits)
			;
		_exit(3);
	}
	waitpid(p, &status, 0);
	printf("a second of CPU time: %d\n", WEXITSTATUS(status));
	printf("slack: %d", prctl(PR_GET_TIMERSLACK));
	printf(" %d", prctl(PR_SET_TIMERSLACK, 1000));
	printf(" %d", prctl(PR_GET_TIMERSLACK));
	printf(" %d", prctl(PR_SET_TIMERSLACK, 0));
	printf(" %d\n", prctl(PR_GET_TIMERSLACK));
}

static long us(struct timeval t)	{ return t.tv_sec * 1000000L + t.tv_usec; }

/* User and system time are estimates; but neither may be less than it was said to be before. */
static void cpu_times(void)
{
	struct rusage r;
	long user = 0, sys = 0, fell = 0, u, s;
	long long until = now(CLOCK_PROCESS_CPUTIME_ID) + 400 * MS;

	for (unsigned int n = 0; now(CLOCK_PROCESS_CPUTIME_ID) < until; n++) {
		for (volatile unsigned int i = 0; i < (n / 100 & 1) * 2000; i++)
			;
		getrusage(RUSAGE_SELF, &r);
		u = us(r.ru_utime);
		s = us(r.ru_stime);
		fell += u < user || s < sys;
		user = u;
		sys = s;
	}
	printf("CPU times that became less: %ld\n", fell);
}

/* A new program does not get the signals of the old one's timers; those that somebody has sent it does. */
static void pending_across_exec(const char *self)
{
	int status, id;
	sigset_t set;
	pid_t p;

	p = fork();
	if (!p) {
		sigemptyset(&set);
		sigaddset(&set, SIGALRM);
		sigaddset(&set, SIGUSR1);
		sigaddset(&set, SIGUSR2);
		sigprocmask(SIG_BLOCK, &set, NULL);
		create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 0, &id);
		settime(id, 0, MS, 0, NULL);
		create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR2, (int)syscall(SYS_gettid), &id);
		settime(id, 0, MS, 0, NULL);
		kill(getpid(), SIGUSR1);
		do
			sigpending(&set);
		while (!sigismember(&set, SIGALRM) || !sigismember(&set, SIGUSR2));
		printf("pending: SIGUSR1 %d, timers' %d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGALRM),
		       sigismember(&set, SIGUSR2));
		execl(self, self, "pending", NULL);
		_exit(1);
	}
	waitpid(p, &status, 0);
	printf("the program ended with %x\n", status);
}

static int pending(void)
{
	sigset_t set;

	sigpending(&set);
	printf("pending in the next program: SIGUSR1 %d, timers' %d %d\n", sigismember(&set, SIGUSR1),
	       sigismember(&set, SIGALRM), sigismember(&set, SIGUSR2));
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		return pending();
	sleeping();
	stopped();
	intervals();
	posix_timers();
	descriptors();
	inheritance();
	pending_across_exec(argv[0]);
	cpu_times();
	return 0;
}
