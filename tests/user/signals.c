/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/signals.c - what a program sees of signals: handlers, masks, queues, faults, stops, waits. Prints
 * nothing that differs from run to run, so that its output here and on Linux can be compared.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef FUTEX_WAIT
#define FUTEX_WAIT 0
#endif

static volatile sig_atomic_t got[65], order[32], nr;
static sigjmp_buf back;
static char alt[16384];
static volatile int *volatile low = (volatile int *)0x10;
static int on_alt;

static void count(int sig)
{
	got[sig]++;
	if (nr < 32)
		order[nr++] = sig;
}

static void with_info(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	count(sig);
	printf("signal RTMIN+%d: code %d, from me %d, value %d\n", sig - SIGRTMIN, si->si_code, si->si_pid == getpid(),
	       si->si_value.sival_int);
}

static void fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("fault: signal %d code %d low address %d\n", sig, si->si_code, (unsigned long)si->si_addr < 4096);
	siglongjmp(back, 1);
}

static void where(int sig)
{
	char here;

	(void)sig;
	on_alt = &here > alt && &here < alt + sizeof(alt);
}

static void set_handler(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void set_info_handler(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO };

	sigaction(sig, &sa, NULL);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void to_myself(void)
{
	sigset_t set, old;

	set_handler(SIGUSR1, count, 0);
	set_handler(SIGUSR2, count, 0);
	kill(getpid(), SIGUSR1);
	printf("at once: %d\n", got[SIGUSR1]);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	sigpending(&set);
	printf("pending: %d %d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2),
	       sigismember(&set, SIGHUP));
	nr = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("delivered %d, last sent first: %d %d\n", nr, order[0], order[1]);

	set_info_handler(SIGRTMIN + 1, with_info);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++)
		sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = i });
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void faults(void)
{
	volatile int zero = 0;
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };

	set_info_handler(SIGSEGV, fault);
	set_info_handler(SIGFPE, fault);
	set_info_handler(SIGILL, fault);
	if (!sigsetjmp(back, 1))
		*low = 1;
	if (!sigsetjmp(back, 1))
		*(volatile char *)(unsigned long)faults = 1;
	if (!sigsetjmp(back, 1))
		__asm__ volatile("idivl %0" :: "m"(zero), "a"(1), "d"(0));
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ud2");
	sigaltstack(&ss, NULL);
	set_handler(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	printf("on the alternate stack: %d\n", on_alt);
}

static void children(void)
{
	int status, r;
	sigset_t set;
	pid_t p;

	set_handler(SIGCHLD, count, SA_RESTART);
	got[SIGCHLD] = 0;
	p = fork();
	if (!p)
		_exit(7);
	r = waitpid(p, &status, 0);
	printf("exit: %d, status %d, SIGCHLD %d\n", r == p, WEXITSTATUS(status), got[SIGCHLD]);

	p = fork();
	if (!p)
		wait_for_ever();
	kill(p, SIGTERM);
	waitpid(p, &status, 0);
	printf("killed by %d\n", WTERMSIG(status));

	got[SIGUSR2] = 0;
	p = fork();
	if (!p) {
		signal(SIGTERM, SIG_IGN);
		kill(getppid(), SIGUSR2);
		wait_for_ever();
	}
	while (!got[SIGUSR2])
		sched_yield();
	kill(p, SIGTERM);
	kill(p, SIGKILL);
	waitpid(p, &status, 0);
	printf("ignores SIGTERM, killed by %d\n", WTERMSIG(status));

	p = fork();
	if (!p) {
		signal(SIGSEGV, SIG_DFL);
		*low = 0;
	}
	waitpid(p, &status, 0);
	printf("no handler: killed by %d\n", WTERMSIG(status));

	p = fork();
	if (!p) {
		raise(SIGSTOP);
		for (;;)		/* not exit: the parent shall see it continued, and not already gone */
			pause();
	}
	waitpid(p, &status, WUNTRACED);
	printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
	kill(p, SIGCONT);
	waitpid(p, &status, WCONTINUED);
	printf("continued %d\n", WIFCONTINUED(status));
	kill(p, SIGKILL);
	waitpid(p, &status, 0);
	printf("then killed by %d\n", WTERMSIG(status));

	/* Without SA_RESTART a handler ends a wait. */
	set_handler(SIGUSR2, count, 0);
	p = fork();
	if (!p) {
		/* Again and again: the first may come before the parent waits. */
		for (;;) {
			kill(getppid(), SIGUSR2);
			sched_yield();
		}
	}
	r = waitpid(p, &status, 0);
	printf("interrupted: %d, EINTR %d\n", r, errno == EINTR);
	kill(p, SIGKILL);
	waitpid(p, &status, 0);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p = fork();
	if (!p) {
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	sigfillset(&set);
	sigdelset(&set, SIGUSR2);
	r = sigsuspend(&set);
	printf("sigsuspend: %d, EINTR %d\n", r, errno == EINTR);
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("the mask is back: %d\n", sigismember(&set, SIGUSR2));
	waitpid(p, &status, 0);

	signal(SIGCHLD, SIG_IGN);
	p = fork();
	if (!p)
		_exit(0);
	r = waitpid(p, &status, 0);
	printf("SIGCHLD ignored: %d, ECHILD %d\n", r, errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);

	p = fork();
	if (!p) {
		setsid();
		if (!fork())
			wait_for_ever();
		kill(0, SIGTERM);
		wait_for_ever();
	}
	r = waitpid(p, &status, 0);
	printf("a whole group: %d, killed by %d\n", r == p, WTERMSIG(status));
}

static long long ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* A word that nobody changes is waited for. */
static int futex_wait(int seconds)
{
	struct timespec ts = { seconds, 0 };
	int word = 5;

	return syscall(SYS_futex, &word, FUTEX_WAIT, 5, &ts, NULL, 0) ? errno : 0;
}

/* A wait with a limit, and a signal: a handler ends it, whatever SA_RESTART says; a stop does not make it longer. */
static void limited_waits(void)
{
	int fds[2], status, err;
	long long resumed;
	char c = 'w';
	pid_t p;

	set_handler(SIGALRM, count, SA_RESTART);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 200000 }, { 0, 200000 } }, NULL);	/* one of them meets the wait */
	err = futex_wait(20);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 0 } }, NULL);
	printf("a handler in a futex's wait: EINTR %d, handled %d\n", err == EINTR, got[SIGALRM] > 0);

	if (pipe(fds))
		return;
	p = fork();
	if (!p) {
		if (write(fds[1], &c, 1) != 1)
			_exit(1);
		_exit(futex_wait(1) == ETIMEDOUT ? 2 : 3);
	}
	if (read(fds[0], &c, 1) != 1)
		return;
	usleep(200000);
	kill(p, SIGSTOP);
	waitpid(p, &status, WUNTRACED);
	usleep(1000000);
	resumed = ms();
	kill(p, SIGCONT);
	waitpid(p, &status, 0);
	printf("stopped in a futex's wait: timed out %d, as early as it could %d\n",
	       WIFEXITED(status) && WEXITSTATUS(status) == 2, ms() - resumed < 950);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	to_myself();
	faults();
	children();
	limited_waits();
	printf("kill(0) %d, ESRCH %d, EINVAL %d\n", kill(getpid(), 0), kill(31999, 0) == -1 && errno == ESRCH,
	       kill(getpid(), 99) == -1 && errno == EINVAL);
	return 0;
}
