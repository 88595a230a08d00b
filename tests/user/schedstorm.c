/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/schedstorm.c - 200 tasks that fork, sleep and wake each other, and change nice, class and CPUs at random.
 *
 *	schedstorm [SECONDS [SEED [TASKS [WORD...]]]]	10 seconds, a seed of the clock, 200 tasks
 *
 *	untimed		judge no times: the machine's CPUs are not always there (a host that has fewer, or other work). The storm goes on
 *			until something has happened
 *
 * The tasks stand in a ring of pairs; the two of a pair hand a token to and fro: by a pipe, by a futex, by a signal. Between two
 * turns each does something at random: burns a little, sleeps, forks a child that does the same and ends, changes its
 * own or somebody else's nice, class, CPUs. A watchdog above them all looks at each pair ten times a second. What must hold:
 *
 *	no wakeup is lost	Whoever waits for a token that is there, and whose partner is through with waking it, does not sleep.
 *				A task may have been preempted on its way to sleep, and look like one that sleeps though it is queued.
 *				So who is found asleep becomes a real-time task above the storm: if it is queued, it runs at once.
 *				Who is asleep in LOOKS looks running has lost its wakeup. Every pair is judged so before the end,
 *				at which all are woken.
 *	nobody starves		No token stands still for BOUND seconds, whatever its holder does, and no task waits on a run queue for
 *				so long in one go (wait_max in /proc/PID/sched, if the kernel counts it: schedstats=enable).
 *	tasks end		At the end all are told to stop, and do; each child is waited for once.
 *
 * BOUND: real-time tasks burn for moments, so it is the lightest fair task that waits longest. After a tick of its own a SCHED_IDLE task
 * (weight 3) is 341 ms of virtual time ahead of the others on its queue, who use that up in 341 ms * W / 1024 if W of weight compute.
 * 8 s is that for W = 24,000: more than two tasks of mean weight (11,000 over nice -20 to 19) that never sleep, and these here burn for
 * less than a millisecond in two of sixteen turns, then wait. A token may stand still for two waits in a row, its holder's and that of the
 * child that it waits for: 8 s is also more than two that last for W = 11,000. The seed is printed first; a run on several CPUs is not repeatable, but
 * its mix is. Exit status 0: all as it should be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef FUTEX_WAIT		/* musl has no linux/futex.h */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif
#define MAX_TASKS 400
#define BOUND 8			/* seconds; and for all to end, three times that, or forty without times */
#define ENOUGH 20		/* moves a pair, on the average: without times the storm goes on so long */
#define LOOK_US 100000
#define LOOKS 3			/* 0.2 s asleep: more than real-time tasks are throttled for */
#define LOOKS_UNTIMED 100	/* a CPU that the host has stopped may have it queued for seconds */

enum how { BY_PIPE, BY_FUTEX, BY_SIGNAL, NR_HOW };
static const char *const how_name[] = { "pipe", "futex", "signal" };

static struct pair {
	volatile int turn;		/* whose: 0 or 1; the futex, too */
	volatile uint64_t moves;
	volatile pid_t pid[2];
	volatile int doing[2];		/* for the report: what each does */
	int how;
	int fd[2][2];			/* [side]: the pipe that this side reads */
} *pair;

static struct totals {
	volatile int stop;
	volatile uint64_t forks, sleeps, nices, classes, affinities, refused, bad;
} *total;

static int nr_pairs, cpus, untimed;
static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % below;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void nap_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&ts, NULL);
}

static void burn(int rounds)
{
	for (volatile int i = 0; i < rounds; i++)
		;
}

#define COUNT(what) __atomic_fetch_add(&total->what, 1, __ATOMIC_RELAXED)

static void check(int err)
{
	if (!err)
		return;
	/* Whom it was meant for may have ended; a class or a set that may not be is refused. All else is not foreseen. */
	if (errno == ESRCH || errno == EINVAL || errno == EPERM)
		COUNT(refused);
	else
		COUNT(bad);
}

/* ---- what a task does between its turns -------------------------------------------------------------------------------- */

static pid_t somebody(void)
{
	return rnd(2) ? 0 : pair[rnd(nr_pairs)].pid[rnd(2)];
}

static void change_class(void)
{
	static const int policies[] = { SCHED_OTHER, SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR };
	int policy = policies[rnd(6)];
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO || policy == SCHED_RR ? 1 + rnd(40) : 0 };

	check(syscall(SYS_sched_setscheduler, somebody(), policy, &param));
	COUNT(classes);
}

static void change_cpus(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (rnd(3)) {
		for (int i = 0; i < cpus; i++)
			if (rnd(2))
				CPU_SET(i, &set);
	}
	if (!CPU_COUNT(&set))
		CPU_SET(rnd(cpus), &set);
	check(sched_setaffinity(somebody(), sizeof(set), &set));
	COUNT(affinities);
}

static void change_nice(void)
{
	check(setpriority(PRIO_PROCESS, somebody(), (int)rnd(40) - 20));
	COUNT(nices);
}

static void fork_one(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		burn(rnd(3000));
		if (!rnd(3))
			nap_us(rnd(500));
		if (!rnd(4))
			sched_yield();
		_exit(7);
	}
	if (pid < 0) {
		COUNT(bad);
		return;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			COUNT(bad);
			return;
		}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
		COUNT(bad);
	COUNT(forks);
}

static int misbehave(void)
{
	int what = rnd(16);

	switch (what) {
	case 0: change_class(); break;
	case 1: change_cpus(); break;
	case 2: change_nice(); break;
	case 3: fork_one(); break;
	case 4: nap_us(rnd(3000)); COUNT(sleeps); break;
	case 5: sched_yield(); break;
	case 6: case 7: burn(rnd(20000)); break;
	default: break;
	}
	return what;
}

/* ---- handing the token on ---------------------------------------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void wait_for_turn(struct pair *p, int me, const sigset_t *waiting)
{
	char byte;

	p->doing[me] = 'w';
	while (p->turn != me && !total->stop) {
		switch (p->how) {
		case BY_PIPE:
			if (read(p->fd[me][0], &byte, 1) < 0 && errno != EINTR)
				COUNT(bad);
			break;
		case BY_FUTEX:
			syscall(SYS_futex, &p->turn, FUTEX_WAIT, !me, NULL, NULL, 0);
			break;
		case BY_SIGNAL:
			/* SIGUSR1 is blocked but in here: it cannot slip between the look and the sleep. */
			if (p->turn != me)
				sigsuspend(waiting);
			break;
		}
	}
	p->doing[me] = 'r';
}

static void hand_on(struct pair *p, int me)
{
	/* Who sees 'h' does not count on the wakeup yet; who sees anything else, and the turn, may. */
	__atomic_store_n(&p->doing[me], 'h', __ATOMIC_SEQ_CST);
	p->moves++;
	__atomic_store_n(&p->turn, !me, __ATOMIC_SEQ_CST);
	switch (p->how) {
	case BY_PIPE:
		if (write(p->fd[!me][1], "x", 1) != 1)
			COUNT(bad);
		break;
	case BY_FUTEX:
		syscall(SYS_futex, &p->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
		break;
	case BY_SIGNAL:
		if (kill(p->pid[!me], SIGUSR1) && !total->stop)
			COUNT(bad);
		break;
	}
}

static void task(int n)
{
	struct pair *p = &pair[n / 2];
	int me = n % 2;
	sigset_t waiting;

	random_state ^= (n + 1) * 0x9e3779b97f4a7c15ULL;
	for (int i = 0; i < 10; i++)
		rnd(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, NULL, &waiting);
	sigdelset(&waiting, SIGUSR1);
	while (!total->stop) {
		wait_for_turn(p, me, &waiting);
		if (total->stop)
			break;
		p->doing[me] = 'A' + misbehave();
		hand_on(p, me);
	}
	p->doing[me] = 'e';
	_exit(0);
}

/* ---- the one who looks -------------------------------------------------------------------------------------------------- */

/* What @path says, or NULL. */
static char *slurp(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	text[n] = 0;
	return text;
}

static void show(const char *path)
{
	const char *text = slurp(path);

	if (text)
		printf("  %s: %s\n", path, text);
}

static void report(const char *what, int i, double since)
{
	struct pair *p = &pair[i];
	char path[64];

	printf("schedstorm: %s: pair %d (%s) for %.1f s at move %llu, turn %d, doing %c %c\n", what, i, how_name[p->how], since,
	       (unsigned long long)p->moves, p->turn, p->doing[0], p->doing[1]);
	for (int s = 0; s < 2; s++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", p->pid[s]);
		show(path);
		snprintf(path, sizeof(path), "/proc/%d/sched", p->pid[s]);
		show(path);
	}
}

static int sleeps(pid_t pid)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = slurp(path);
	text = text ? strrchr(text, ')') : NULL;
	return text && (text[2] == 'S' || text[2] == 'D');
}

/*
 * Does the holder of @p's token sleep instead of taking it? The partner is not in the middle of handing it on, so it has sent its
 * wakeup; the moves are the same before and after, so the holder has waited all the while.
 */
static int asleep_with_token(struct pair *p, uint64_t moves)
{
	int side = p->turn;

	return __atomic_load_n(&p->doing[!side], __ATOMIC_SEQ_CST) != 'h' && p->doing[side] == 'w' && sleeps(p->pid[side]) &&
	       p->doing[side] == 'w' && p->turn == side && p->moves == moves;
}

/* Above the storm, or back among the others. Somebody may change it again: the next look does, too. */
static void set_class(pid_t pid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	syscall(SYS_sched_setscheduler, pid, policy, &param);
}

static struct seen {
	uint64_t moves;
	double moved;			/* when */
	int asleep;			/* in so many looks running */
	pid_t lifted;			/* who is above the storm for that */
} seen[MAX_TASKS / 2];
static double longest_gap;

/* One look at all pairs. Returns how many are wrong; *@doubts: of how many the next looks will tell. */
static int look(int *doubts)
{
	double t = now(), gap;
	int wrong = 0;

	*doubts = 0;
	for (int i = 0; i < nr_pairs; i++) {
		uint64_t moves = pair[i].moves;
		struct seen *s = &seen[i];

		if (moves != s->moves || !asleep_with_token(&pair[i], moves)) {
			s->asleep = 0;
			if (s->lifted)
				set_class(s->lifted, SCHED_OTHER, 0);
			s->lifted = 0;
		} else if (s->asleep++ == (untimed ? LOOKS_UNTIMED : LOOKS)) {
			report("LOST wakeup", i, t - s->moved);
			wrong++;
		} else {
			s->lifted = pair[i].pid[pair[i].turn];
			set_class(s->lifted, SCHED_FIFO, 50);
			++*doubts;
		}
		gap = t - s->moved;
		if (moves != s->moves) {
			s->moves = moves;
			s->moved = t;
		} else if (gap > BOUND && !untimed) {
			report("STUCK", i, gap);
			wrong++;
		}
		if (gap > longest_gap)
			longest_gap = gap;
	}
	return wrong;
}

/* The longest that a task has waited on a run queue in one go, in seconds; 0 if the kernel does not count. */
static double longest_wait(pid_t *who)
{
	double longest = 0, ms;

	for (int i = 0; i < 2 * nr_pairs; i++) {
		char path[64], *text;
		pid_t pid = pair[i / 2].pid[i % 2];

		snprintf(path, sizeof(path), "/proc/%d/sched", pid);
		text = slurp(path);
		text = text ? strstr(text, "wait_max") : NULL;
		text = text ? strchr(text, ':') : NULL;
		ms = text ? atof(text + 1) : 0;
		if (ms > longest * 1000) {
			longest = ms / 1000;
			*who = pid;
		}
	}
	return longest;
}

static uint64_t all_moves(void)
{
	uint64_t moves = 0;

	for (int i = 0; i < nr_pairs; i++)
		moves += pair[i].moves;
	return moves;
}

static int watch(double seconds)
{
	int wrong, doubts, more = 1;
	double begin = now();

	for (int i = 0; i < nr_pairs; i++)
		seen[i].moved = begin;
	/* One more look when the time is over, and then as long as there are doubts. */
	do {
		nap_us(LOOK_US);
		if (now() - begin >= seconds && (!untimed || all_moves() > (uint64_t)ENOUGH * nr_pairs))
			more--;
		wrong = look(&doubts);
	} while (!wrong && (more > 0 || doubts));
	return wrong;
}

/* All end, those that wait too. Returns how many did not. */
static int finish(void)
{
	int left = 2 * nr_pairs, status, wrong = 0;
	double begin = now();

	total->stop = 1;
	while (left && now() - begin < (untimed ? 40 : 3) * BOUND) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				wrong++;
			continue;
		}
		for (int i = 0; i < nr_pairs; i++)
			for (int s = 0; s < 2; s++) {
				struct pair *p = &pair[i];

				if (p->doing[s] == 'e')
					continue;
				/* The turn that nobody gave: whoever sleeps wakes, and looks at stop. */
				if (p->how == BY_PIPE && write(p->fd[s][1], "x", 1) != 1)
					wrong++;
				else if (p->how == BY_FUTEX)
					syscall(SYS_futex, &p->turn, FUTEX_WAKE, 2, NULL, NULL, 0);
				else if (p->how == BY_SIGNAL)
					kill(p->pid[s], SIGUSR1);
			}
		nap_us(20000);
	}
	if (left || wrong) {
		printf("schedstorm: at the end %d tasks have not ended, %d ended badly\n", left, wrong);
		for (int i = 0; i < nr_pairs; i++)
			if (pair[i].doing[0] != 'e' || pair[i].doing[1] != 'e')
				report("at the end", i, now() - begin);
	}
	return left + wrong;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10, begin;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, least = UINT64_MAX;
	int tasks = argc > 3 ? atoi(argv[3]) : 200, wrong;
	struct sched_param param = { .sched_priority = 60 };
	double waited;
	pid_t who = 0;
	struct sigaction sa = { .sa_handler = on_signal };
	struct timespec ts;
	sigset_t usr1;
	cpu_set_t set;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 4; i < argc; i++)
		untimed |= !strcmp(argv[i], "untimed");
	/* As init it may find none. */
	mkdir("/proc", 0755);
	if (access("/proc/self/stat", R_OK) && mount("proc", "/proc", "proc", 0, NULL)) {
		printf("schedstorm: without /proc sleepers are not known\n");
		return 96;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	if (!seed)
		seed = ts.tv_sec * 1000003ULL ^ ts.tv_nsec ^ (uint64_t)getpid() << 32;
	random_state = seed * 2 + 1;		/* never 0, and each seed its own */
	sched_getaffinity(0, sizeof(set), &set);
	cpus = CPU_COUNT(&set);
	nr_pairs = (tasks > MAX_TASKS ? MAX_TASKS : tasks) / 2;
	printf("schedstorm: %d tasks on %d CPUs for %.0f s, seed %llu\n", 2 * nr_pairs, cpus, seconds, (unsigned long long)seed);

	pair = mmap(NULL, nr_pairs * sizeof(*pair) + sizeof(*total), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pair == MAP_FAILED)
		return 99;
	total = (struct totals *)(pair + nr_pairs);
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	for (int i = 0; i < nr_pairs; i++) {
		pair[i].how = i % NR_HOW;
		if (pair[i].how == BY_PIPE && (pipe(pair[i].fd[0]) || pipe(pair[i].fd[1])))
			return 98;
	}
	/* Above the storm, whose first tasks are at it before the last are there; but these are not born above it. */
	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		printf("schedstorm: no rights to be above the storm\n");
	for (int i = 0; i < 2 * nr_pairs; i++) {
		pid_t pid = fork();

		if (!pid) {
			/* Its partner must be known before it is signalled. */
			while (!pair[i / 2].pid[0] || !pair[i / 2].pid[1])
				sched_yield();
			task(i);
		}
		if (pid < 0)
			return 97;
		pair[i / 2].pid[i % 2] = pid;
	}
	begin = now();
	wrong = watch(seconds);
	for (int i = 0; i < nr_pairs; i++)
		if (pair[i].moves < least)
			least = pair[i].moves;
	printf("schedstorm: %.1f s: %llu moves, the slowest pair %llu; %llu forks, %llu sleeps, %llu nice, %llu class, %llu affinity, "
	       "%llu refused, %llu bad\n", now() - begin, (unsigned long long)all_moves(), (unsigned long long)least,
	       (unsigned long long)total->forks, (unsigned long long)total->sleeps, (unsigned long long)total->nices,
	       (unsigned long long)total->classes, (unsigned long long)total->affinities, (unsigned long long)total->refused,
	       (unsigned long long)total->bad);
	waited = longest_wait(&who);
	printf("schedstorm: bound %d s: the longest that a token stood still %.2f s, that a task waited for a CPU %.2f s (%d)\n", BOUND,
	       longest_gap, waited, who);
	if (waited > BOUND && !untimed) {
		printf("schedstorm: STARVED: task %d\n", who);
		wrong++;
	}
	wrong += finish() + (total->bad != 0);
	printf("schedstorm: done, %d wrong\n", wrong);
	return wrong != 0;
}
