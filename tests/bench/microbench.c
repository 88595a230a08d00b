/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * microbench.c - operating-system microbenchmark for one static binary that
 * runs unchanged on Linux and on any kernel with the Linux x86-64 syscall ABI.
 *
 * Every operation is timed in fixed-size batches (no self-calibration, so the
 * work done is the same on every kernel and in every run).  Two clocks are
 * read around each batch:
 *   - the TSC.  Under "qemu -icount shift=0" it advances by exactly one per
 *     guest instruction, so the column is guest instructions per operation and
 *     does not depend on how the kernel under test keeps time;
 *   - CLOCK_MONOTONIC, which is what matters in a plain (wall-clock) run.
 * For each operation the minimum and the median over the batches are printed.
 * The minimum excludes timer ticks; the median includes their usual share.
 *
 * build: gcc -O2 -static -pthread microbench.c -o microbench   (or musl-gcc)
 * usage: microbench [-q] [-s] [-x] [-t dir] [-b batches] [op ...]
 *          -q  quarter-size batches     -s  pin everything to CPU 0
 *          -x  pin partner process/thread to CPU 1
 *          -t  scratch directory (default /tmp)
 * output: tab-separated:  op  n  min_ticks  med_ticks  min_ns  med_ns
 *         an operation whose system calls fail prints  op  SKIP  errno
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#define MAXB 101
#define PAGE 4096ul

typedef struct { uint64_t tsc, ns; } stamp;

static int batches = 11, quick, pin_same, pin_other;
static const char *dir = "/tmp";
static char f_small[256], f_big[256], f_tmp[256], f_tiny[256], f_deep[256];
static const char *skip_why;

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;
	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline long sys3(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return r;
}

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(r)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

static stamp now(void)
{
	struct timespec ts = {0};
	stamp s;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	s.ns = (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec;
	s.tsc = rdtsc();
	return s;
}

static stamp since(stamp a)
{
	stamp s;
	s.tsc = rdtsc() - a.tsc;
	struct timespec ts = {0};
	clock_gettime(CLOCK_MONOTONIC, &ts);
	s.ns = (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec - a.ns;
	return s;
}

static void pin(int cpu)
{
	unsigned long mask = 1ul << cpu;
	if (pin_same || pin_other)
		sys3(SYS_sched_setaffinity, 0, sizeof mask, (long)&mask);
}
static void pin_self(void)    { pin(0); }
static void pin_partner(void) { pin(pin_other ? 1 : 0); }

#define MUST(e) do { if ((long)(e) < 0) { skip_why = #e; return -1; } } while (0)

/* ---- operations: each runs n of itself and stores the elapsed stamp ---- */
typedef int (*opfn)(long n, stamp *out);
#define TIMED(body) do { stamp a_ = now(); for (long i = 0; i < n; i++) { body; } \
			 *out = since(a_); } while (0)

static int op_loop(long n, stamp *out) { TIMED(__asm__ volatile("" ::: "memory")); return 0; }
static int op_getppid(long n, stamp *out) { TIMED(sys3(SYS_getppid, 0, 0, 0)); return 0; }
static int op_enosys(long n, stamp *out) { TIMED(sys3(400, 0, 0, 0)); return 0; }

static int op_clock_sys(long n, stamp *out)
{
	struct timespec ts;
	MUST(sys3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0));
	TIMED(sys3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0));
	return 0;
}
static int op_clock_libc(long n, stamp *out)
{
	struct timespec ts;
	MUST(clock_gettime(CLOCK_MONOTONIC, &ts));
	TIMED(clock_gettime(CLOCK_MONOTONIC, &ts));
	return 0;
}

static char buf[1 << 16] __attribute__((aligned(4096)));

static int op_read_zero(long n, stamp *out)
{
	int fd = open("/dev/zero", O_RDONLY);
	MUST(fd);
	MUST(read(fd, buf, 1));
	TIMED(sys3(SYS_read, fd, (long)buf, 1));
	close(fd);
	return 0;
}
static int op_write_null(long n, stamp *out)
{
	int fd = open("/dev/null", O_WRONLY);
	MUST(fd);
	MUST(write(fd, buf, 1));
	TIMED(sys3(SYS_write, fd, (long)buf, 1));
	close(fd);
	return 0;
}
static int rw_file(long n, stamp *out, long nr, size_t len)
{
	int fd = open(f_big, O_RDWR);
	MUST(fd);
	MUST(sys6(nr, fd, (long)buf, len, 0, 0, 0));
	TIMED(sys6(nr, fd, (long)buf, len, 0, 0, 0));
	close(fd);
	return 0;
}
static int op_pread1(long n, stamp *o)   { return rw_file(n, o, SYS_pread64, 1); }
static int op_pread4k(long n, stamp *o)  { return rw_file(n, o, SYS_pread64, 4096); }
static int op_pread64k(long n, stamp *o) { return rw_file(n, o, SYS_pread64, 65536); }
static int op_pwrite4k(long n, stamp *o) { return rw_file(n, o, SYS_pwrite64, 4096); }
static int op_lseek(long n, stamp *out)
{
	int fd = open(f_big, O_RDWR);
	MUST(fd);
	TIMED(sys3(SYS_lseek, fd, 0, SEEK_SET));
	close(fd);
	return 0;
}
static int op_openclose(long n, stamp *out)
{
	int fd = open(f_small, O_RDONLY);
	MUST(fd);
	close(fd);
	TIMED(fd = open(f_small, O_RDONLY); close(fd));
	return 0;
}
static int op_opendeep(long n, stamp *out)
{
	int fd = open(f_deep, O_RDONLY);
	MUST(fd);
	close(fd);
	TIMED(fd = open(f_deep, O_RDONLY); close(fd));
	return 0;
}
static int op_stat(long n, stamp *out)
{
	struct stat st;
	MUST(sys3(SYS_stat, (long)f_small, (long)&st, 0));
	TIMED(sys3(SYS_stat, (long)f_small, (long)&st, 0));
	return 0;
}
static int op_fstat(long n, stamp *out)
{
	struct stat st;
	MUST(sys3(SYS_fstat, 0, (long)&st, 0));
	TIMED(sys3(SYS_fstat, 0, (long)&st, 0));
	return 0;
}
static int op_create_unlink(long n, stamp *out)
{
	int fd = open(f_tmp, O_CREAT | O_RDWR, 0600);
	MUST(fd);
	close(fd);
	MUST(unlink(f_tmp));
	TIMED(fd = open(f_tmp, O_CREAT | O_RDWR, 0600); close(fd); unlink(f_tmp));
	return 0;
}
static int op_dup_close(long n, stamp *out)
{
	int fd = dup(0);
	MUST(fd);
	close(fd);
	TIMED(fd = sys3(SYS_dup, 0, 0, 0); sys3(SYS_close, fd, 0, 0));
	return 0;
}
static int op_poll(long n, stamp *out, int nfd)
{
	int p[2];
	static struct pollfd v[64];
	MUST(pipe(p));
	MUST(write(p[1], "x", 1));
	for (int i = 0; i < nfd; i++) { v[i].fd = p[0]; v[i].events = POLLIN; }
	MUST(sys3(SYS_poll, (long)v, nfd, 0));
	TIMED(sys3(SYS_poll, (long)v, nfd, 0));
	close(p[0]); close(p[1]);
	return 0;
}
static int op_poll1(long n, stamp *o)  { return op_poll(n, o, 1); }
static int op_poll64(long n, stamp *o) { return op_poll(n, o, 64); }
static int op_epoll(long n, stamp *out)
{
	int p[2], e;
	struct epoll_event ev = { .events = EPOLLIN }, got;
	MUST(pipe(p));
	MUST(write(p[1], "x", 1));
	e = epoll_create1(0);
	MUST(e);
	MUST(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev));
	TIMED(sys6(SYS_epoll_wait, e, (long)&got, 1, 0, 0, 0));
	close(e); close(p[0]); close(p[1]);
	return 0;
}
static int op_pipe_self(long n, stamp *out)
{
	int p[2];
	MUST(pipe(p));
	TIMED(sys3(SYS_write, p[1], (long)buf, 1); sys3(SYS_read, p[0], (long)buf, 1));
	close(p[0]); close(p[1]);
	return 0;
}

/* round trip: one byte there and one byte back; two switches per operation */
static int pingpong(long n, stamp *out, int a_r, int a_w, int b_r, int b_w)
{
	char c = 'x';
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		pin_partner();
		close(a_w); if (a_r != a_w) close(a_r);
		while (sys3(SYS_read, b_r, (long)&c, 1) == 1)
			sys3(SYS_write, b_w, (long)&c, 1);
		_exit(0);
	}
	close(b_r); if (b_r != b_w) close(b_w);
	for (int i = 0; i < 4; i++) {
		sys3(SYS_write, a_w, (long)&c, 1);
		sys3(SYS_read, a_r, (long)&c, 1);
	}
	TIMED(sys3(SYS_write, a_w, (long)&c, 1); sys3(SYS_read, a_r, (long)&c, 1));
	close(a_w); if (a_r != a_w) close(a_r);
	MUST(waitpid(pid, 0, 0));
	return 0;
}
static int op_pipe_pp(long n, stamp *out)
{
	int x[2], y[2];
	MUST(pipe(x));
	MUST(pipe(y));
	return pingpong(n, out, y[0], x[1], x[0], y[1]);
}
static int op_unix_pp(long n, stamp *out)
{
	int s[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	return pingpong(n, out, s[0], s[0], s[1], s[1]);
}
/* token ring of k processes; operation = one hop (one context switch) */
static int ring(long n, stamp *out, int k)
{
	static int p[64][2];
	static pid_t kid[64];
	char c = 't';
	for (int i = 0; i < k; i++)
		MUST(pipe(p[i]));
	for (int i = 1; i < k; i++) {
		kid[i] = fork();
		MUST(kid[i]);
		if (kid[i] == 0) {
			for (int j = 0; j < k; j++) {
				if (j != i) close(p[j][0]);
				if (j != (i + 1) % k) close(p[j][1]);
			}
			while (sys3(SYS_read, p[i][0], (long)&c, 1) == 1)
				sys3(SYS_write, p[(i + 1) % k][1], (long)&c, 1);
			_exit(0);
		}
	}
	for (int j = 0; j < k; j++) {
		if (j != 0) close(p[j][0]);
		if (j != 1 % k) close(p[j][1]);
	}
	for (int i = 0; i < 3; i++) {
		sys3(SYS_write, p[1 % k][1], (long)&c, 1);
		sys3(SYS_read, p[0][0], (long)&c, 1);
	}
	stamp a = now();
	for (long i = 0; i < n / k; i++) {
		sys3(SYS_write, p[1 % k][1], (long)&c, 1);
		sys3(SYS_read, p[0][0], (long)&c, 1);
	}
	*out = since(a);
	/* scale to n hops */
	out->tsc = out->tsc * n / (n / k * k);
	out->ns = out->ns * n / (n / k * k);
	close(p[1 % k][1]);
	for (int i = 1; i < k; i++)
		MUST(waitpid(kid[i], 0, 0));
	close(p[0][0]);
	return 0;
}
static int op_ring2(long n, stamp *o)  { return ring(n, o, 2); }
static int op_ring8(long n, stamp *o)  { return ring(n, o, 8); }
static int op_ring32(long n, stamp *o) { return ring(n, o, 32); }

static int op_yield_alone(long n, stamp *out)
{
	MUST(sys3(SYS_sched_yield, 0, 0, 0));
	TIMED(sys3(SYS_sched_yield, 0, 0, 0));
	return 0;
}
/* operation = one sched_yield by the parent while a child does the same;
 * the number of real switches is up to the scheduler */
static int op_yield2(long n, stamp *out)
{
	volatile int *stop = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stop == MAP_FAILED) { skip_why = "mmap shared"; return -1; }
	*stop = 0;
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		while (!*stop)
			sys3(SYS_sched_yield, 0, 0, 0);
		_exit(0);
	}
	for (int i = 0; i < 16; i++)
		sys3(SYS_sched_yield, 0, 0, 0);
	TIMED(sys3(SYS_sched_yield, 0, 0, 0));
	*stop = 1;
	MUST(waitpid(pid, 0, 0));
	munmap((void *)stop, PAGE);
	return 0;
}

/* 64 KiB writes through a pipe to a reader; operation = one 64 KiB block */
static int op_pipe_bw(long n, stamp *out)
{
	int p[2], q[2];
	char c;
	MUST(pipe(p));
	MUST(pipe(q));
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		pin_partner();
		close(p[0]); close(q[1]);
		read(q[0], &c, 1);
		for (long i = 0; i < n; i++)
			for (size_t done = 0; done < sizeof buf; ) {
				ssize_t w = write(p[1], buf + done, sizeof buf - done);
				if (w <= 0) _exit(1);
				done += w;
			}
		_exit(0);
	}
	close(p[1]); close(q[0]);
	stamp a = now();
	write(q[1], "g", 1);
	ssize_t r;
	size_t total = 0;
	while ((r = read(p[0], buf, sizeof buf)) > 0)
		total += r;
	*out = since(a);
	close(p[0]); close(q[1]);
	MUST(waitpid(pid, 0, 0));
	if (total != (size_t)n * sizeof buf) { skip_why = "short pipe"; return -1; }
	return 0;
}

static int op_fork(long n, stamp *out)
{
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) _exit(0);
	MUST(waitpid(pid, 0, 0));
	TIMED(pid = fork(); if (pid == 0) _exit(0); waitpid(pid, 0, 0));
	return 0;
}
/* the same with 8 MiB of private dirty memory to duplicate */
static int op_fork8m(long n, stamp *out)
{
	size_t len = 8ul << 20;
	char *m = mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED) { skip_why = "mmap"; return -1; }
	madvise(m, len, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < len; i += PAGE) m[i] = 1;
	int r = op_fork(n, out);
	munmap(m, len);
	return r;
}
static int do_exec(long n, stamp *out, int v)
{
	char *av[] = { f_tiny, 0 }, *ev[] = { 0 };
	int st = 0;
	stamp a = {0};
	for (long i = -1; i < n; i++) {
		if (i == 0) a = now();
		pid_t pid = v ? vfork() : fork();
		MUST(pid);
		if (pid == 0) { execve(f_tiny, av, ev); _exit(99); }
		MUST(waitpid(pid, &st, 0));
		if (st != 0) { skip_why = "exec tiny"; return -1; }
	}
	*out = since(a);
	return 0;
}
static int op_fork_exec(long n, stamp *o)  { return do_exec(n, o, 0); }
static int op_vfork_exec(long n, stamp *o) { return do_exec(n, o, 1); }

static void *th_nop(void *x) { return x; }
static int op_thread(long n, stamp *out)
{
	pthread_t t;
	if (pthread_create(&t, 0, th_nop, 0)) { skip_why = "pthread_create"; return -1; }
	pthread_join(t, 0);
	TIMED(pthread_create(&t, 0, th_nop, 0); pthread_join(t, 0));
	return 0;
}

static void *anon(size_t len)
{
	void *m = mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m == MAP_FAILED ? 0 : m;
}
static int op_mmap(long n, stamp *out)
{
	void *m = anon(PAGE);
	if (!m) { skip_why = "mmap"; return -1; }
	munmap(m, PAGE);
	TIMED(m = anon(PAGE); munmap(m, PAGE));
	return 0;
}
static int op_mmap_touch(long n, stamp *out)
{
	volatile char *m;
	TIMED(m = anon(PAGE); m[0] = 1; munmap((void *)m, PAGE));
	return 0;
}
static int op_mprotect(long n, stamp *out)
{
	char *m = anon(3 * PAGE);
	if (!m) { skip_why = "mmap"; return -1; }
	m[PAGE] = 1;
	MUST(mprotect(m + PAGE, PAGE, PROT_READ));
	TIMED(mprotect(m + PAGE, PAGE, PROT_READ | PROT_WRITE); mprotect(m + PAGE, PAGE, PROT_READ));
	munmap(m, 3 * PAGE);
	return 0;
}
static int op_brk(long n, stamp *out)
{
	long b = sys3(SYS_brk, 0, 0, 0);
	MUST(b);
	TIMED(sys3(SYS_brk, b + PAGE, 0, 0); sys3(SYS_brk, b, 0, 0));
	return 0;
}
/* operation = first write to one fresh anonymous page */
static int op_anon_fault(long n, stamp *out)
{
	volatile char *m = anon(n * PAGE);
	if (!m) { skip_why = "mmap"; return -1; }
	madvise((void *)m, n * PAGE, MADV_NOHUGEPAGE);
	TIMED(m[i * PAGE] = 1);
	munmap((void *)m, n * PAGE);
	return 0;
}
/* operation = first write to one page shared copy-on-write with the parent */
static int op_cow_fault(long n, stamp *out)
{
	volatile char *m = anon(n * PAGE);
	stamp *sh = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!m || sh == MAP_FAILED) { skip_why = "mmap"; return -1; }
	madvise((void *)m, n * PAGE, MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++) m[i * PAGE] = 1;
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		stamp a = now();
		for (long i = 0; i < n; i++) m[i * PAGE] = 2;
		*sh = since(a);
		_exit(0);
	}
	MUST(waitpid(pid, 0, 0));
	*out = *sh;
	munmap((void *)m, n * PAGE);
	munmap(sh, PAGE);
	return 0;
}
/* operation = first read of one page of a private file mapping */
static int op_file_fault(long n, stamp *out)
{
	int fd = open(f_big, O_RDONLY);
	MUST(fd);
	volatile char *m = mmap(0, n * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m == MAP_FAILED) { skip_why = "mmap file"; return -1; }
	close(fd);
	char c;
	TIMED(c = m[i * PAGE]; (void)c);
	munmap((void *)m, n * PAGE);
	return 0;
}

static volatile sig_atomic_t hits;
static void on_sig(int s) { (void)s; hits++; }
static int op_sigaction(long n, stamp *out)
{
	struct sigaction sa = { .sa_handler = on_sig };
	MUST(sigaction(SIGUSR1, &sa, 0));
	TIMED(sigaction(SIGUSR1, &sa, 0));
	return 0;
}
static int op_sigprocmask(long n, stamp *out)
{
	unsigned long set = 1ul << (SIGUSR2 - 1);
	MUST(sys6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, 8, 0, 0));
	TIMED(sys6(SYS_rt_sigprocmask, i & 1 ? SIG_BLOCK : SIG_UNBLOCK, (long)&set, 0, 8, 0, 0));
	sys6(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, 8, 0, 0);
	return 0;
}
static int op_sig_deliver(long n, stamp *out)
{
	struct sigaction sa = { .sa_handler = on_sig };
	long pid = getpid();
	MUST(sigaction(SIGUSR1, &sa, 0));
	hits = 0;
	TIMED(sys3(SYS_kill, pid, SIGUSR1, 0));
	if (hits != n) { skip_why = "signals lost"; return -1; }
	return 0;
}
static char *prot_page;
static void on_segv(int s) { (void)s; hits++; mprotect(prot_page, PAGE, PROT_READ | PROT_WRITE); }
/* operation = write fault -> SIGSEGV handler -> mprotect -> retry -> protect */
static int op_sig_fault(long n, stamp *out)
{
	struct sigaction sa = { .sa_handler = on_segv };
	prot_page = anon(PAGE);
	if (!prot_page) { skip_why = "mmap"; return -1; }
	prot_page[0] = 1;
	MUST(sigaction(SIGSEGV, &sa, 0));
	MUST(mprotect(prot_page, PAGE, PROT_READ));
	hits = 0;
	TIMED(*(volatile char *)prot_page = 1; mprotect(prot_page, PAGE, PROT_READ));
	signal(SIGSEGV, SIG_DFL);
	munmap(prot_page, PAGE);
	if (hits != n) { skip_why = "faults lost"; return -1; }
	return 0;
}

#define FUTEX_WAIT_ 128 /* FUTEX_WAIT | FUTEX_PRIVATE_FLAG */
#define FUTEX_WAKE_ 129
static int fut[32];
static volatile int fut_stop;
static void fwait(int *f, int v) { sys6(SYS_futex, (long)f, FUTEX_WAIT_, v, 0, 0, 0); }
static void fwake(int *f) { sys6(SYS_futex, (long)f, FUTEX_WAKE_, 1, 0, 0, 0); }
static int op_futex_wake0(long n, stamp *out)
{
	MUST(sys6(SYS_futex, (long)fut, FUTEX_WAKE_, 1, 0, 0, 0));
	TIMED(sys6(SYS_futex, (long)fut, FUTEX_WAKE_, 1, 0, 0, 0));
	return 0;
}
static void turn_wait(int who)
{
	int v;
	while ((v = __atomic_load_n(&fut[0], __ATOMIC_ACQUIRE)) != who)
		fwait(&fut[0], v);
}
static void turn_give(int who)
{
	__atomic_store_n(&fut[0], who, __ATOMIC_RELEASE);
	fwake(&fut[0]);
}
static void *fut_partner(void *x)
{
	pin_partner();
	for (;;) {
		turn_wait(1);
		if (fut_stop) return x;
		turn_give(0);
	}
}
/* operation = round trip between two threads; two wakes, two waits */
static int op_futex_pp(long n, stamp *out)
{
	pthread_t t;
	fut_stop = 0;
	fut[0] = 0;
	if (pthread_create(&t, 0, fut_partner, 0)) { skip_why = "pthread_create"; return -1; }
	for (int i = 0; i < 4; i++) { turn_give(1); turn_wait(0); }
	TIMED(turn_give(1); turn_wait(0));
	fut_stop = 1;
	turn_give(1);
	pthread_join(t, 0);
	return 0;
}

/* ---- table ---- */
static const struct op { const char *name; opfn fn; long n; } ops[] = {
	{ "empty_loop", op_loop, 4000 },
	{ "getppid", op_getppid, 4000 },
	{ "bad_syscall", op_enosys, 4000 },
	{ "clock_gettime_syscall", op_clock_sys, 4000 },
	{ "clock_gettime_libc", op_clock_libc, 4000 },
	{ "read_zero_1", op_read_zero, 4000 },
	{ "write_null_1", op_write_null, 4000 },
	{ "lseek", op_lseek, 4000 },
	{ "pread_file_1", op_pread1, 4000 },
	{ "pread_file_4k", op_pread4k, 1000 },
	{ "pread_file_64k", op_pread64k, 100 },
	{ "pwrite_file_4k", op_pwrite4k, 1000 },
	{ "open_close", op_openclose, 2000 },
	{ "open_close_deep8", op_opendeep, 2000 },
	{ "stat", op_stat, 2000 },
	{ "fstat", op_fstat, 4000 },
	{ "create_unlink", op_create_unlink, 400 },
	{ "dup_close", op_dup_close, 2000 },
	{ "poll_1", op_poll1, 2000 },
	{ "poll_64", op_poll64, 400 },
	{ "epoll_wait_1", op_epoll, 2000 },
	{ "pipe_write_read_self", op_pipe_self, 2000 },
	{ "pipe_pingpong", op_pipe_pp, 1000 },
	{ "unix_pingpong", op_unix_pp, 1000 },
	{ "ring2_hop", op_ring2, 2000 },
	{ "ring8_hop", op_ring8, 2000 },
	{ "ring32_hop", op_ring32, 2048 },
	{ "pipe_bw_64k", op_pipe_bw, 64 },
	{ "yield_alone", op_yield_alone, 2000 },
	{ "yield_2procs", op_yield2, 2000 },
	{ "futex_wake_none", op_futex_wake0, 4000 },
	{ "futex_pingpong", op_futex_pp, 1000 },
	{ "thread_create_join", op_thread, 100 },
	{ "fork_exit_wait", op_fork, 60 },
	{ "fork8M_exit_wait", op_fork8m, 12 },
	{ "fork_exec_wait", op_fork_exec, 40 },
	{ "vfork_exec_wait", op_vfork_exec, 40 },
	{ "mmap_munmap_4k", op_mmap, 1000 },
	{ "mmap_touch_munmap", op_mmap_touch, 500 },
	{ "mprotect_pair", op_mprotect, 500 },
	{ "brk_pair", op_brk, 500 },
	{ "anon_fault", op_anon_fault, 256 },
	{ "cow_fault", op_cow_fault, 256 },
	{ "file_fault", op_file_fault, 256 },
	{ "sigaction", op_sigaction, 4000 },
	{ "sigprocmask", op_sigprocmask, 4000 },
	{ "sig_deliver", op_sig_deliver, 1000 },
	{ "sig_fault", op_sig_fault, 400 },
};
#define NOPS (sizeof ops / sizeof ops[0])

static int cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* a 64-bit ELF executable of 136 bytes whose whole program is exit(0) */
static int make_tiny(const char *path)
{
	static const unsigned char code[] = {
		0xb8, 60, 0, 0, 0,	/* mov eax, 60 (exit) */
		0x31, 0xff,		/* xor edi, edi */
		0x0f, 0x05,		/* syscall */
	};
	struct {
		unsigned char ident[16];
		uint16_t type, machine;
		uint32_t version;
		uint64_t entry, phoff, shoff;
		uint32_t flags;
		uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
		struct {
			uint32_t type, flags;
			uint64_t offset, vaddr, paddr, filesz, memsz, align;
		} ph;
		unsigned char code[16];
	} e;
	memset(&e, 0, sizeof e);
	memcpy(e.ident, "\177ELF\2\1\1", 7);
	e.type = 2; e.machine = 62; e.version = 1;
	e.phoff = 64; e.ehsize = 64; e.phentsize = 56; e.phnum = 1; e.shentsize = 64;
	e.entry = 0x400000 + 120;
	e.ph.type = 1; e.ph.flags = 5;
	e.ph.vaddr = e.ph.paddr = 0x400000;
	e.ph.filesz = e.ph.memsz = sizeof e;
	e.ph.align = PAGE;
	memcpy(e.code, code, sizeof code);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);
	if (fd < 0) return -1;
	ssize_t w = write(fd, &e, sizeof e);
	close(fd);
	return w == sizeof e ? 0 : -1;
}

static void setup(void)
{
	mkdir(dir, 0777);
	snprintf(f_small, sizeof f_small, "%s/mb_small", dir);
	snprintf(f_big, sizeof f_big, "%s/mb_big", dir);
	snprintf(f_tmp, sizeof f_tmp, "%s/mb_tmp", dir);
	snprintf(f_tiny, sizeof f_tiny, "%s/mb_tiny", dir);
	int fd = open(f_small, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	write(fd, "x", 1);
	close(fd);
	fd = open(f_big, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	for (int i = 0; i < 16; i++)
		write(fd, buf, sizeof buf);
	close(fd);
	char path[200];
	size_t len = snprintf(path, sizeof path, "%s", dir);
	for (int i = 0; i < 7; i++) {
		len += snprintf(path + len, sizeof path - len, "/d%d", i);
		mkdir(path, 0777);
	}
	snprintf(f_deep, sizeof f_deep, "%s/f", path);
	fd = open(f_deep, O_CREAT | O_WRONLY, 0600);
	close(fd);
	make_tiny(f_tiny);
}

int main(int argc, char **argv)
{
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++) {
		switch (argv[i][1]) {
		case 'q': quick = 1; break;
		case 's': pin_same = 1; break;
		case 'x': pin_other = 1; break;
		case 't': if (++i < argc) dir = argv[i]; break;
		case 'b': if (++i < argc) batches = atoi(argv[i]); break;
		}
	}
	if (batches < 1) batches = 1;
	if (batches > MAXB) batches = MAXB;
	setvbuf(stdout, 0, _IONBF, 0);
	memset(buf, 1, sizeof buf);
	setup();
	pin_self();

	stamp a = now(), e = since(a);
	printf("# microbench 1\tbatches=%d\tquick=%d\tclock_overhead_ticks=%llu\n",
	       batches, quick, (unsigned long long)e.tsc);
	printf("# op\tn\tmin_ticks\tmed_ticks\tmin_ns\tmed_ns\n");
	for (size_t k = 0; k < NOPS; k++) {
		int want = i >= argc;
		for (int j = i; j < argc; j++)
			want |= !strcmp(argv[j], ops[k].name);
		if (!want)
			continue;
		uint64_t t[MAXB], w[MAXB];
		long n = quick ? (ops[k].n + 3) / 4 : ops[k].n;
		int b, bad = 0;
		for (b = -1; b < batches; b++) {	/* batch -1 warms up */
			stamp s = {0};
			skip_why = 0;
			errno = 0;
			if (ops[k].fn(n, &s) < 0) { bad = 1; break; }
			if (b >= 0) { t[b] = s.tsc; w[b] = s.ns; }
		}
		if (bad) {
			printf("%s\tSKIP\t%s\terrno=%d\n", ops[k].name, skip_why ? skip_why : "?", errno);
			continue;
		}
		qsort(t, batches, sizeof t[0], cmp);
		qsort(w, batches, sizeof w[0], cmp);
		printf("%s\t%ld\t%.1f\t%.1f\t%.1f\t%.1f\n", ops[k].name, n,
		       (double)t[0] / n, (double)t[batches / 2] / n,
		       (double)w[0] / n, (double)w[batches / 2] / n);
	}
	printf("# done\n");
	return 0;
}
