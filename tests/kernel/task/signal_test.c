/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/task/signal_test.c - sending, queueing and taking signals, in a thread that stands in for a user's: it
 * has handlers, and takes off the mark of a kernel thread while it sends to itself. It does not sleep meanwhile, so
 * nobody looks at its registers.
 */
#include <primer/err.h>
#include <primer/kthread.h>
#include <primer/signal.h>

#include "../../sched/threads.h"

#define HANDLER		((__sighandler_t)0x400000)

struct signal_case {
	struct kunit *test;
	void (*body)(struct kunit *test);
	int done;
};

static void handle(int sig, __sighandler_t handler, unsigned long flags)
{
	struct k_sigaction act = { .sa = { .sa_handler = handler, .sa_flags = flags } };

	do_sigaction(sig, &act, NULL);
}

static int signal_case_fn(void *arg)
{
	struct signal_case *c = arg;
	sigset_t none = 0;

	/* From kthreadd it has inherited to ignore everything. */
	flush_signal_handlers(current, 1);
	current->flags &= ~PF_KTHREAD;
	c->body(c->test);
	__set_current_blocked(&none);
	flush_signals(current);
	flush_signal_handlers(current, 1);
	current->signal->flags = 0;
	current->flags |= PF_KTHREAD;
	c->done = 1;
	return 0;
}

/* EXPECTs may be used in @body, ASSERTs not: they jump on the test's own stack. */
static void run_as_user(struct kunit *test, void (*body)(struct kunit *test))
{
	struct signal_case c = { .test = test, .body = body };

	test_thread(test, signal_case_fn, &c, "signals");
	KUNIT_ASSERT_TRUE(test, yield_until(c.done));
}

static int next(struct ksignal *ksig)
{
	return get_signal(ksig) ? ksig->sig : 0;
}

static void queueing(struct kunit *test)
{
	struct kernel_siginfo info = { .si_signo = 40, .si_code = SI_QUEUE };
	struct ksignal ksig;

	handle(SIGUSR1, HANDLER, 0);
	handle(40, HANDLER, 0);

	/* A classic signal waits once, with the first sender's details; a real-time one as often as sent, in order. */
	KUNIT_EXPECT_EQ(test, send_sig(SIGUSR1, current, 0), 0);
	KUNIT_EXPECT_EQ(test, send_sig(SIGUSR1, current, 1), 0);
	for (int i = 0; i < 5; i++) {
		info.si_int = i;
		KUNIT_EXPECT_EQ(test, send_sig_info(40, &info, current), 0);
	}
	KUNIT_EXPECT_TRUE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, atomic_read(&current->signal->nr_sigqueue), 6);
	KUNIT_EXPECT_EQ_MSG(test, next(&ksig), SIGUSR1, "the lowest number first");
	KUNIT_EXPECT_EQ(test, ksig.info.si_code, SI_USER);
	KUNIT_EXPECT_EQ(test, ksig.info.si_pid, current->tgid);
	KUNIT_EXPECT_PTR_EQ(test, (void *)ksig.ka.sa.sa_handler, (void *)HANDLER);
	for (int i = 0; i < 5; i++) {
		KUNIT_EXPECT_TRUE(test, signal_pending(current));
		KUNIT_EXPECT_EQ(test, next(&ksig), 40);
		KUNIT_EXPECT_EQ(test, ksig.info.si_int, i);
	}
	KUNIT_EXPECT_EQ(test, next(&ksig), 0);
	KUNIT_EXPECT_FALSE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, atomic_read(&current->signal->nr_sigqueue), 0);

	/* The queue of a process is limited, for what users send. */
	struct rlimit old = current->signal->rlim[RLIMIT_SIGPENDING];

	current->signal->rlim[RLIMIT_SIGPENDING].rlim_cur = 2;
	KUNIT_EXPECT_EQ(test, send_sig_info(40, &info, current), 0);
	KUNIT_EXPECT_EQ(test, send_sig_info(40, &info, current), 0);
	KUNIT_EXPECT_EQ(test, send_sig_info(40, &info, current), -EAGAIN);
	KUNIT_EXPECT_EQ_MSG(test, send_sig(SIGUSR1, current, 1), 0, "a classic signal needs no entry");
	current->signal->rlim[RLIMIT_SIGPENDING] = old;
	KUNIT_EXPECT_EQ(test, send_sig(65, current, 0), -EINVAL);
}

static void masks(struct kunit *test)
{
	sigset_t set = sigmask(SIGUSR1) | sigmask(SIGKILL), pending;
	struct ksignal ksig;

	handle(SIGUSR1, HANDLER, SA_ONESHOT);
	set_current_blocked(&set);
	KUNIT_EXPECT_EQ_MSG(test, current->blocked, (unsigned long long)sigmask(SIGUSR1), "SIGKILL cannot be blocked");
	send_sig(SIGUSR1, current, 0);
	KUNIT_EXPECT_FALSE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, next(&ksig), 0);
	do_sigpending(&pending);
	KUNIT_EXPECT_EQ(test, pending, (unsigned long long)sigmask(SIGUSR1));

	KUNIT_EXPECT_EQ(test, sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	KUNIT_EXPECT_TRUE_MSG(test, signal_pending(current), "unblocking makes it look");
	KUNIT_EXPECT_EQ(test, next(&ksig), SIGUSR1);
	KUNIT_EXPECT_PTR_EQ_MSG(test, (void *)current->sighand->action[SIGUSR1 - 1].sa.sa_handler, NULL, "ONESHOT");
	signal_setup_done(0, &ksig, 0);
	KUNIT_EXPECT_TRUE_MSG(test, sigismember(&current->blocked, SIGUSR1), "blocked while its handler runs");
	KUNIT_EXPECT_EQ(test, sigprocmask(99, &set, NULL), -EINVAL);

	/* Ignoring throws away what waits, even blocked. */
	send_sig(SIGUSR1, current, 0);
	KUNIT_EXPECT_TRUE(test, sigismember(&current->pending.signal, SIGUSR1));
	handle(SIGUSR1, SIG_IGN, 0);
	KUNIT_EXPECT_FALSE(test, sigismember(&current->pending.signal, SIGUSR1));
	KUNIT_EXPECT_EQ(test, atomic_read(&current->signal->nr_sigqueue), 0);
	KUNIT_EXPECT_EQ(test, do_sigaction(SIGKILL, &(struct k_sigaction){ 0 }, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_sigaction(0, NULL, NULL), -EINVAL);
}

static void faults(struct kunit *test)
{
	sigset_t set = sigmask(SIGSEGV);
	struct ksignal ksig;

	handle(SIGUSR1, HANDLER, 0);
	handle(SIGSEGV, HANDLER, 0);
	send_sig(SIGUSR1, current, 0);
	force_sig_fault(SIGSEGV, SEGV_MAPERR, (void *)0x1234);
	KUNIT_EXPECT_EQ_MSG(test, next(&ksig), SIGSEGV, "a fault comes before lower numbers");
	KUNIT_EXPECT_EQ(test, ksig.info.si_code, SEGV_MAPERR);
	KUNIT_EXPECT_PTR_EQ(test, ksig.info.si_addr, (void *)0x1234);
	KUNIT_EXPECT_EQ(test, next(&ksig), SIGUSR1);

	/* Blocked or ignored, a fault is fatal: its default action. */
	set_current_blocked(&set);
	force_sig_fault(SIGSEGV, SEGV_ACCERR, NULL);
	KUNIT_EXPECT_FALSE(test, sigismember(&current->blocked, SIGSEGV));
	KUNIT_EXPECT_EQ(test, next(&ksig), SIGSEGV);
	KUNIT_EXPECT_PTR_EQ(test, (void *)ksig.ka.sa.sa_handler, NULL);
	KUNIT_EXPECT_TRUE(test, current->flags & PF_SIGNALED);
	current->flags &= ~PF_SIGNALED;
}

static void stop_and_continue(struct kunit *test)
{
	struct ksignal ksig;

	handle(SIGCONT, HANDLER, 0);
	/* Each cancels the other while it waits. */
	send_sig(SIGTSTP, current, 0);
	KUNIT_EXPECT_TRUE(test, sigismember(&current->pending.signal, SIGTSTP));
	send_sig(SIGCONT, current, 0);
	KUNIT_EXPECT_FALSE(test, sigismember(&current->pending.signal, SIGTSTP));
	KUNIT_EXPECT_TRUE(test, sigismember(&current->pending.signal, SIGCONT));
	send_sig(SIGTTIN, current, 0);
	KUNIT_EXPECT_FALSE(test, sigismember(&current->pending.signal, SIGCONT));
	send_sig(SIGCONT, current, 0);
	KUNIT_EXPECT_EQ(test, next(&ksig), SIGCONT);
	KUNIT_EXPECT_EQ(test, next(&ksig), 0);
}

static void fatal(struct kunit *test)
{
	struct ksignal ksig;

	/* Ignored by default: not even recorded. */
	send_sig(SIGCHLD, current, 0);
	KUNIT_EXPECT_EQ(test, current->pending.signal, 0ULL);

	/* Protected, like PID 1. */
	current->signal->flags |= SIGNAL_UNKILLABLE;
	send_sig(SIGTERM, current, 0);
	send_sig(SIGKILL, current, 0);
	KUNIT_EXPECT_EQ(test, current->pending.signal, 0ULL);
	current->signal->flags &= ~SIGNAL_UNKILLABLE;

	send_sig(SIGTERM, current, 0);
	KUNIT_EXPECT_TRUE_MSG(test, current->signal->flags & SIGNAL_GROUP_EXIT,
			      "the end of the process begins when it is sent");
	KUNIT_EXPECT_EQ(test, current->signal->group_exit_code, SIGTERM);
	KUNIT_EXPECT_TRUE(test, fatal_signal_pending(current));
	KUNIT_EXPECT_EQ(test, next(&ksig), SIGKILL);
	KUNIT_EXPECT_PTR_EQ(test, (void *)ksig.ka.sa.sa_handler, NULL);
}

static void test_queueing(struct kunit *test)		{ run_as_user(test, queueing); }
static void test_masks(struct kunit *test)		{ run_as_user(test, masks); }
static void test_faults(struct kunit *test)		{ run_as_user(test, faults); }
static void test_stop_and_continue(struct kunit *test)	{ run_as_user(test, stop_and_continue); }
static void test_fatal(struct kunit *test)		{ run_as_user(test, fatal); }

static void the_alternate_stack_is_checked(struct kunit *test)
{
	stack_t ss = { .ss_sp = (void *)0x10000, .ss_size = 0x4000 }, old;

	KUNIT_EXPECT_EQ(test, do_sigaltstack(NULL, &old, 0, MINSIGSTKSZ), 0);
	KUNIT_EXPECT_EQ(test, old.ss_flags, SS_DISABLE);
	ss.ss_size = 100;
	KUNIT_EXPECT_EQ(test, do_sigaltstack(&ss, NULL, 0, MINSIGSTKSZ), -ENOMEM);
	ss.ss_size = 0x4000;
	ss.ss_flags = 77;
	KUNIT_EXPECT_EQ(test, do_sigaltstack(&ss, NULL, 0, MINSIGSTKSZ), -EINVAL);
	ss.ss_flags = 0;
	KUNIT_EXPECT_EQ(test, do_sigaltstack(&ss, NULL, 0, MINSIGSTKSZ), 0);
	KUNIT_EXPECT_EQ_MSG(test, do_sigaltstack(&ss, NULL, 0x12000, MINSIGSTKSZ), -EPERM, "not while running on it");
	KUNIT_EXPECT_EQ(test, do_sigaltstack(NULL, &old, 0x12000, MINSIGSTKSZ), 0);
	KUNIT_EXPECT_EQ(test, old.ss_flags, SS_ONSTACK);
	ss.ss_flags = SS_DISABLE;
	KUNIT_EXPECT_EQ(test, do_sigaltstack(&ss, NULL, 0, MINSIGSTKSZ), 0);
	KUNIT_EXPECT_EQ(test, sas_ss_flags(0x12000), SS_DISABLE);
}

static void targets_are_found_by_number(struct kunit *test)
{
	struct kernel_siginfo info = { .si_signo = SIGTERM, .si_code = SI_USER };

	KUNIT_EXPECT_EQ(test, kill_something_info(0, &info, 2), 0);
	KUNIT_EXPECT_EQ(test, kill_something_info(0, &info, 32767), -ESRCH);
	KUNIT_EXPECT_EQ(test, kill_something_info(0, &info, INT_MIN), -ESRCH);
	KUNIT_EXPECT_EQ(test, kill_something_info(0, &info, -32767), -ESRCH);
	KUNIT_EXPECT_EQ(test, kill_something_info(65, &info, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_tkill(2, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, do_tkill(3, 2, 0), -ESRCH);
}

static struct kunit_case signal_cases[] = {
	KUNIT_CASE_NAMED(test_queueing, "classic signals wait once, real-time ones queue in order up to the limit"),
	KUNIT_CASE_NAMED(test_masks, "a blocked signal waits; unblocking, one-shot handlers, ignoring what waits"),
	KUNIT_CASE_NAMED(test_faults, "a fault comes first and cannot be blocked"),
	KUNIT_CASE_NAMED(test_stop_and_continue, "SIGCONT and stop signals cancel each other"),
	KUNIT_CASE_NAMED(test_fatal, "a fatal signal begins the end of the process when it is sent, but not init's"),
	KUNIT_CASE_NAMED(the_alternate_stack_is_checked, "sigaltstack checks size, mode and use"),
	KUNIT_CASE_NAMED(targets_are_found_by_number, "kill and tgkill find their targets, and say why not"),
	{}
};
static struct kunit_suite signal_suite = { .name = "signal", .test_cases = signal_cases };
kunit_test_suite(signal_suite);
