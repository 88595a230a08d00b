/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/fpu.c - the x87, SSE and AVX registers belong to their task, whoever else uses the CPU's.
 *
 * A C compiler uses these registers as it likes, so what is judged happens inside with_regs(): it loads all of them,
 * makes one system call, or waits in a loop of user mode, and stores all of them. Only values are compared,
 * never their place in time; what the machine has (AVX or not) decides what is looked at, not what is printed.
 *
 *	struct regs	  0  fxsave area: control and status words, 8 x87 registers, MXCSR, 16 xmm
 *			512  the upper halves of 16 ymm
 *
 * A signal frame has the same area at fpstate, and behind it what XSAVE adds (SDM vol. 1, 13.4): at 512 the header, at
 * 576 the upper halves; the 48 bytes at 464 are the kernel's, who says there how long the area is.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define SIDES		8			/* threads, and as many processes */
#define ROUNDS		12
#define WAIT		(-1)			/* with_regs: no system call, but a loop until *args[0], at most args[1] rounds */
#define MXCSR_INIT	0x1f80
#define FCW_INIT	0x37f
#define PROGRAM		"/tmp/primer-fpu"

struct regs {
	unsigned short fcw, fsw;
	unsigned char ftw, pad, more[18];
	unsigned int mxcsr, mxcsr_mask;
	struct { unsigned char value[10], pad[6]; } st[8];
	unsigned char xmm[16][16];
	unsigned char unused[48];
	struct { unsigned int magic1, extended_size; unsigned long xfeatures; unsigned int xstate_size, padding[7]; } sw;
	unsigned char ymmh[16][16];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct regs, ymmh) == 512 && sizeof(struct regs) == 768, "the assembly below knows this");

/* What is behind the first 512 bytes in a frame. */
struct xstate {
	unsigned long features, compacted, reserved[6];
	unsigned char ymmh[16][16];
};

int use_avx;					/* the CPU has AVX and the kernel saves it */
const unsigned int mxcsr_default = MXCSR_INIT;
struct regs clobber;				/* what a handler leaves in the registers */

/*
 * with_regs(in, out, nr, args): out[0] is what the registers hold afterwards. The child of a fork comes back here too
 * and finds its own in out[1]; with a stack of its own it needs seven words there, the last of them where to go on.
 */
long with_regs(const struct regs *in, struct regs *out, long nr, const long *args);
void handler_entry(int sig, siginfo_t *info, void *uc);
extern char child_exits[], program_start[], program_end[], wait_loop[], wait_ends[], x87_fault[], sse_fault[];
long divide_x87(unsigned short fcw, const double *a, const double *b);
long divide_sse(unsigned int mxcsr, const double *a, const double *b);

__asm__(
"	.text\n"
"	.macro upper_halves what:req, base:req\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	.ifc \\what, load\n"
"	vinsertf128 $1, 512 + 16 * \\n(%\\base), %ymm\\n, %ymm\\n\n"
"	.else\n"
"	vextractf128 $1, %ymm\\n, 512 + 16 * \\n(%\\base)\n"
"	.endif\n"
"	.endr\n"
"	.endm\n"
"	.macro load base:req\n"
"	fxrstor64 (%\\base)\n"
"	cmpl $0, use_avx(%rip)\n"
"	je 77f\n"
"	upper_halves load, \\base\n"
"77:\n"
"	.endm\n"
"	.macro store base:req\n"
"	fxsave64 (%\\base)\n"
"	cmpl $0, use_avx(%rip)\n"
"	je 77f\n"
"	upper_halves store, \\base\n"
"77:\n"
"	.endm\n"

"	.globl with_regs, handler_entry, child_exits, program_start, program_end, wait_loop, wait_ends\n"
"	.globl x87_fault, sse_fault, divide_x87, divide_sse\n"
"with_regs:\n"
"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
"	mov %rsi, %r12\n"
"	mov %rdx, %rbx\n"
"	mov %rcx, %r14\n"
"	load rdi\n"
"	mov (%r14), %rdi; mov 8(%r14), %rsi; mov 16(%r14), %rdx; mov 24(%r14), %r10; mov 32(%r14), %r8; mov 40(%r14), %r9\n"
"	mov %rbx, %rax\n"
"	test %rax, %rax\n"
"	js 1f\n"
"	syscall\n"
"	jmp 3f\n"
"1:	mov $1, %eax\n"
"wait_loop:\n"
"	cmpl $0, (%rdi)\n"
"	jne 3f\n"
"	dec %rsi\n"
"	jnz wait_loop\n"
"3:\n"
"wait_ends:\n"
"	test %rax, %rax\n"
"	jnz 4f\n"
"	sub $56, %rbx\n"			/* clone, fork, vfork: this is the child */
"	cmp $2, %rbx\n"
"	ja 4f\n"
"	add $768, %r12\n"
"4:	store r12\n"
"	fninit\n"
"	ldmxcsr mxcsr_default(%rip)\n"
"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
"	ret\n"

"child_exits:\n"
"	mov $60, %eax\n"
"	xor %edi, %edi\n"
"	syscall\n"

/* A handler sees its registers first, leaves others behind. */
"handler_entry:\n"
"	push %rbp\n"
"	mov %rsp, %rbp\n"
"	sub $768, %rsp\n"
"	and $-64, %rsp\n"
"	store rsp\n"
"	lea clobber(%rip), %rax\n"
"	load rax\n"
"	mov %rsp, %rcx\n"
"	call handler\n"
"	lea clobber(%rip), %rax\n"
"	load rax\n"
"	leave\n"
"	ret\n"

/* Both return to where the handler has corrected the frame; x87 tells at the next instruction that waits. */
"divide_x87:\n"
"	mov %edi, -8(%rsp)\n"
"	fldcw -8(%rsp)\n"
"	fldl (%rsi)\n"
"	fdivl (%rdx)\n"
"x87_fault:\n"
"	fwait\n"
"	fninit\n"
"	ret\n"
"divide_sse:\n"
"	mov %edi, -8(%rsp)\n"
"	ldmxcsr -8(%rsp)\n"
"	movsd (%rsi), %xmm0\n"
"sse_fault:\n"
"	divsd (%rdx), %xmm0\n"
"	stmxcsr -8(%rsp)\n"
"	mov -8(%rsp), %eax\n"
"	ldmxcsr mxcsr_default(%rip)\n"
"	ret\n"

/* A program: write the registers as they are to file 3. Its one argument says whether it has AVX. */
"program_start:\n"
"	mov (%rsp), %rbx\n"
"	sub $1024, %rsp\n"
"	and $-64, %rsp\n"
"	fxsave64 (%rsp)\n"
"	cmp $2, %rbx\n"
"	jne 1f\n"
"	upper_halves store, rsp\n"
"1:	mov $1, %eax\n"
"	mov $3, %edi\n"
"	mov %rsp, %rsi\n"
"	mov $768, %edx\n"
"	syscall\n"
"	mov $60, %eax\n"
"	xor %edi, %edi\n"
"	syscall\n"
"program_end:\n");

static void look_for_avx(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
		return;
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	use_avx = (a & 6) == 6;
}

/* ---- patterns ---- */

/* Registers that nobody else has: every byte depends on @id. No exception is unmasked, and none is pending. */
static void fill(struct regs *r, unsigned int id)
{
	unsigned int x = id * 2654435761u + 1;
	unsigned char *end = (unsigned char *)(r + 1);

	memset(r, 0, sizeof(*r));
	for (unsigned char *p = (unsigned char *)r->st; p < end; p++) {
		x = x * 1664525 + 1013904223;
		*p = x >> 24;
	}
	for (int i = 0; i < 8; i++) {
		r->st[i].value[7] |= 0x80;			/* a usual number: the highest bit of the mantissa is set, */
		r->st[i].value[9] = (r->st[i].value[9] & 0x80) | 0x3f;	/* and the exponent neither least nor most */
		memset(r->st[i].pad, 0, sizeof(r->st[i].pad));
	}
	r->fcw = 0x7f | (id & 3) << 10 | (id & 4 ? 0x300 : 0x200);
	r->fsw = (id >> 1 & 7) << 11;
	r->ftw = 0xff;
	r->mxcsr = MXCSR_INIT | (id & 3) << 13 | (id >> 2 & 0x3f);
}

static void fill_initial(struct regs *r)
{
	memset(r, 0, sizeof(*r));
	r->fcw = FCW_INIT;
	r->mxcsr = MXCSR_INIT;
}

static const char *differ(const struct regs *a, const struct regs *b)
{
	if (a->fcw != b->fcw)
		return "x87 control word";
	if (a->fsw != b->fsw)
		return "x87 status word";
	if (a->ftw != b->ftw)
		return "x87 tags";
	if (a->mxcsr != b->mxcsr)
		return "MXCSR";
	for (int i = 0; i < 8; i++)
		if (memcmp(a->st[i].value, b->st[i].value, 10))
			return "x87 stack";
	if (memcmp(a->xmm, b->xmm, sizeof(a->xmm)))
		return "xmm";
	if (use_avx && memcmp(a->ymmh, b->ymmh, sizeof(a->ymmh)))
		return "ymm";
	return NULL;
}

static int check(const char *what, const struct regs *got, const struct regs *want)
{
	const char *wrong = differ(got, want);

	if (wrong)
		printf("FAIL %s: %s: fcw %x %x fsw %x %x mxcsr %x %x\n", what, wrong, got->fcw, want->fcw,
		       got->fsw, want->fsw, got->mxcsr, want->mxcsr);
	return wrong != NULL;
}

static void say(const char *what, int wrong)
{
	printf("%s: %s\n", what, wrong ? "wrong" : "ok");
}

#define CALL(in, out, nr, ...)	with_regs(in, out, nr, (const long[6]){ __VA_ARGS__ })

/* ---- many tasks ---- */

static struct shared {
	volatile int preempted, wrong;
} *shared;
static cpu_set_t allowed;

static void pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), cpu < 0 ? &allowed : &one);
}

static int first_cpu(void)
{
	int cpu = 0;

	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	return cpu;
}

/* All on one CPU and none of them sleeps: until everybody has been preempted with its registers in use. */
static int preempted_in_a_loop(const struct regs *mine)
{
	struct rusage before, now;
	struct regs out[2];
	int never = 0, wrong = 0, seen = 0;

	pin(first_cpu());
	getrusage(RUSAGE_THREAD, &before);
	while (shared->preempted < 2 * SIDES) {
		CALL(mine, out, WAIT, (long)&never, 300000);
		wrong += check("preempted", out, mine);
		getrusage(RUSAGE_THREAD, &now);
		if (!seen && now.ru_nivcsw >= before.ru_nivcsw + 3) {
			seen = 1;
			__atomic_add_fetch(&shared->preempted, 1, __ATOMIC_SEQ_CST);
		}
	}
	pin(-1);
	return wrong;
}

static int one_side(unsigned int id)
{
	struct timespec ts = { 0, 1000 };
	struct regs mine, other, out[2];
	int wrong = 0;
	cpu_set_t one;

	fill(&mine, id);
	fill(&other, id + 1000);
	for (int i = 0; i < ROUNDS; i++) {
		CALL(&mine, out, SYS_sched_yield);
		wrong += check("sched_yield", out, &mine);
		CALL(&other, out, SYS_nanosleep, (long)&ts, 0);
		wrong += check("nanosleep", out, &other);
		/* A handler in each: tgkill comes back through it. */
		CALL(&mine, out, SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
		wrong += check("handler", out, &mine);
	}
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (CALL(&mine, out, SYS_sched_setaffinity, 0, sizeof(one), (long)&one))
			wrong++;
		wrong += check("sched_setaffinity", out, &mine);
		CALL(&mine, out, SYS_sched_yield);
		wrong += check("elsewhere", out, &mine);
	}
	pin(-1);
	return wrong + preempted_in_a_loop(&mine);
}

/* Alone, so that each CPU still holds what the task left there, but other values each time. */
static void moves(void)
{
	struct regs mine, out[2];
	unsigned int id = 600;
	cpu_set_t one;
	int wrong = 0;

	for (int round = 0; round < 3; round++)
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &allowed))
				continue;
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			fill(&mine, id++);
			wrong += CALL(&mine, out, SYS_sched_setaffinity, 0, sizeof(one), (long)&one) != 0;
			wrong += check("moved", out, &mine);
		}
	pin(-1);
	say("one task that leaves other values on each CPU", wrong);
}

static void *thread(void *arg)
{
	__atomic_add_fetch(&shared->wrong, one_side((long)arg), __ATOMIC_SEQ_CST);
	return NULL;
}

static void threads_and_processes(void)
{
	pthread_t threads[SIDES];
	int status, ended = 0;

	fflush(stdout);
	for (int i = 0; i < SIDES; i++)
		if (!fork()) {
			__atomic_add_fetch(&shared->wrong, one_side(100 + i), __ATOMIC_SEQ_CST);
			fflush(stdout);
			_exit(0);
		}
	for (long i = 0; i < SIDES; i++)
		pthread_create(&threads[i], NULL, thread, (void *)i);
	for (int i = 0; i < SIDES; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SIDES; i++)
		ended += wait(&status) > 0 && !status;
	say("8 threads and 8 processes, each with registers of its own", shared->wrong || ended != SIDES);
}

/* ---- copies ---- */

static void copies(void)
{
	struct regs in, out[2], *child = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long *top = stack + 8000;
	int status, wrong;
	long pid;

	fill(&in, 55);
	fflush(stdout);
	pid = CALL(&in, child, SYS_fork, 0);
	if (!pid)
		_exit(0);
	waitpid(pid, &status, 0);
	say("fork: the parent keeps its registers", check("parent", &child[0], &in));
	say("fork: the child has the same", status || check("child", &child[1], &in));

	top[6] = (unsigned long)child_exits;
	fill(&in, 56);
	memset(out, 0, sizeof(out));
	pid = CALL(&in, out, SYS_clone, CLONE_VM | SIGCHLD, (long)top);
	wrong = pid < 0 || waitpid(pid, &status, 0) != pid || status;
	say("clone with CLONE_VM: both have them", wrong | check("parent", &out[0], &in) | check("child", &out[1], &in));
	memset(out, 0, sizeof(out));
	top[6] = (unsigned long)child_exits;
	pid = CALL(&in, out, SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, (long)top);
	wrong = pid < 0 || waitpid(pid, &status, 0) != pid || status;
	say("clone like vfork: both have them", wrong | check("parent", &out[0], &in) | check("child", &out[1], &in));
	munmap(child, 4096);
	munmap(stack, 65536);
}

/* ---- execve ---- */

static void program(void)
{
	static const unsigned long base = 0x400000;
	static struct regs in, out[2], want;
	static unsigned char file[4096];
	unsigned long size = program_end - program_start;
	unsigned long header[15] = {
		0x00010102464c457f, 0, 2 | 62UL << 16 | 1UL << 32, base + sizeof(header), 64, 0, 64UL << 32 | 56UL << 48, 1,
		1 | 5UL << 32, 0, base, base, sizeof(header) + size, sizeof(header) + size, 4096 };
	int fd = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC, 0755), wrong, fds[2], status;
	char *argv[] = { PROGRAM, use_avx ? "avx" : NULL, NULL }, *envp[] = { NULL };
	pid_t pid;

	memcpy(file, header, sizeof(header));
	memcpy(file + sizeof(header), program_start, size);
	wrong = write(fd, file, sizeof(header) + size) < 0;
	close(fd);
	wrong |= pipe(fds);
	fill(&in, 77);
	fill_initial(&want);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fds[1], 3);
		printf("execve: %ld\n", CALL(&in, out, SYS_execve, (long)PROGRAM, (long)argv, (long)envp));
		fflush(stdout);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	wrong |= status || read(fds[0], out, sizeof(*out)) != sizeof(*out);
	say("execve: initial registers", wrong | check("execve", out, &want));
	unlink(PROGRAM);
	close(fds[0]);
	close(fds[1]);
}

/* ---- signals ---- */

enum mode {
	LEAVE, LOOK, CHANGE, NESTED, NO_AREA, MISALIGNED, KERNEL, UNMAPPED, MXCSR_BITS, FEATURE, COMPACTED, RESERVED, MAGIC1,
	MAGIC2, NO_SSE, NO_X87, NO_YMM, NO_YMM_SW, SIZE, SIZE_SMALL, TAIL
};
static volatile enum mode mode;
static volatile int handled, frame_wrong;
static struct regs interrupted, at_entry, changed;

static void look_at_frame(struct regs *fp, const struct xstate *x, unsigned long flags)
{
	struct regs frame;
	unsigned int magic2 = 0;

	memcpy(&frame, fp, 512);
	memcpy(frame.ymmh, x->ymmh, use_avx ? sizeof(frame.ymmh) : 0);
	frame_wrong = check("frame", &frame, &interrupted);
	if (fp->sw.magic1 == 0x46505853) {
		memcpy(&magic2, (char *)fp + fp->sw.xstate_size, 4);
		frame_wrong |= !(flags & 1) || magic2 != 0x46505845 || fp->sw.extended_size != fp->sw.xstate_size + 4 ||
			       (fp->sw.xfeatures & 3) != 3 || (x->features & 3) != 3 || x->compacted;
		frame_wrong |= use_avx && (!(fp->sw.xfeatures & 4) || !(x->features & 4));
	} else {
		frame_wrong |= flags & 1 || use_avx;
	}
	frame_wrong |= (unsigned long)fp & 63;
}

/* Called by handler_entry with clobbered registers, whose values at its first instruction are in @seen. */
__attribute__((used)) void handler(int sig, siginfo_t *info, void *context, struct regs *seen)
{
	ucontext_t *uc = context;
	struct regs *fp = (struct regs *)uc->uc_mcontext.fpregs, inner, out[2];
	struct xstate *x = (struct xstate *)((char *)fp + 512);

	char *ip = (char *)uc->uc_mcontext.gregs[REG_RIP];

	(void)info;
	/* A timer's signal counts when it comes between two instructions of the loop. */
	if (mode == LEAVE || (sig == SIGALRM && (handled || ip < wait_loop || ip >= wait_ends)))
		return;
	handled = 1;
	at_entry = *seen;
	switch (mode) {
	case LOOK:
		look_at_frame(fp, x, uc->uc_flags);
		break;
	case CHANGE:
		memcpy(fp, &changed, 464);
		if (use_avx)
			memcpy(x->ymmh, changed.ymmh, sizeof(x->ymmh));
		break;
	case NESTED:
		mode = LOOK;
		fill(&inner, 99);
		interrupted = inner;
		CALL(&inner, out, SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
		frame_wrong |= check("nested", out, &inner);
		break;
	case NO_AREA:
		uc->uc_mcontext.fpregs = NULL;
		break;
	case MISALIGNED:
		uc->uc_mcontext.fpregs = (void *)((char *)fp + 8);
		break;
	case KERNEL:
		uc->uc_mcontext.fpregs = (void *)0xffff888000001000;
		break;
	case UNMAPPED:
		uc->uc_mcontext.fpregs = (void *)64;
		break;
	case MXCSR_BITS:
		fp->mxcsr |= 0x10000;
		break;
	case FEATURE:
		x->features |= 1UL << 62;
		break;
	case COMPACTED:
		x->compacted = 1;
		break;
	case RESERVED:
		x->reserved[0] = 1;
		break;
	case TAIL:
		x->reserved[1] = 1;
		break;
	case MAGIC1:
		fp->sw.magic1 ^= 1;
		break;
	case MAGIC2:
		*((char *)fp + fp->sw.xstate_size) ^= 1;
		break;
	case NO_X87:
		x->features &= ~1UL;
		break;
	case NO_SSE:
		x->features &= ~2UL;
		break;
	case NO_YMM:
		x->features &= ~4UL;
		break;
	case NO_YMM_SW:
		fp->sw.xfeatures &= ~4UL;
		break;
	case SIZE:
		fp->sw.xstate_size += 64;
		fp->sw.extended_size += 64;
		break;
	case SIZE_SMALL:
		fp->sw.xstate_size = 512;
		break;
	default:
		break;
	}
}

static void on(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static long raise_with(enum mode how, unsigned int id, struct regs out[2])
{
	fill(&interrupted, id);
	mode = how;
	handled = frame_wrong = 0;
	return CALL(&interrupted, out, SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
}

static void signals(void)
{
	struct itimerval it = { { 0, 2000 }, { 0, 2000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct regs out[2], initial, want;

	fill_initial(&initial);
	raise_with(LOOK, 201, out);
	want = interrupted;
	say("a handler starts with initial registers", !handled || check("at entry", &at_entry, &initial));
	say("the frame has the interrupted ones", !handled || frame_wrong);
	say("after it, they are back", check("after", out, &want));

	/* The same between two instructions of a loop. */
	fill(&interrupted, 202);
	handled = frame_wrong = 0;
	want = interrupted;
	mode = LOOK;
	setitimer(ITIMER_REAL, &it, NULL);
	while (!handled) {
		CALL(&want, out, WAIT, (long)&handled, 1L << 40);
		frame_wrong |= check("loop", out, &want);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	say("a timer's handler in a loop", frame_wrong | check("at entry", &at_entry, &initial));

	raise_with(NESTED, 203, out);
	fill(&want, 203);
	say("a handler in a handler", !handled || frame_wrong || check("outer", out, &want));

	fill(&changed, 300);
	raise_with(CHANGE, 204, out);
	say("what the handler changes in the frame is in force", !handled || check("changed", out, &changed));

	raise_with(NO_AREA, 205, out);
	say("a frame without an area: initial registers", !handled || check("no area", out, &initial));
}

/* What of the area is not taken is initial. */
static void parts(void)
{
	struct regs out[2], initial, want;
	static const struct { enum mode mode; const char *what; int x87, xmm, ymm; } cases[] = {
		{ MAGIC1, "first mark broken: no ymm", 1, 1, 0 }, { MAGIC2, "second mark broken: no ymm", 1, 1, 0 },
		{ SIZE, "larger than it can be: no ymm", 1, 1, 0 }, { SIZE_SMALL, "smaller than it can be: no ymm", 1, 1, 0 },
		{ NO_X87, "features without x87", 0, 1, 1 }, { NO_SSE, "features without SSE", 1, 0, 1 },
		{ NO_YMM, "features without AVX", 1, 1, 0 }, { NO_YMM_SW, "no AVX wanted", 1, 1, 0 },
		{ TAIL, "header's last words", 1, 1, 1 },
	};

	fill_initial(&initial);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Without XSAVE there is nothing but what is always taken. */
		if (!use_avx) {
			say(cases[i].what, 0);
			continue;
		}
		raise_with(cases[i].mode, 400 + i, out);
		want = interrupted;
		if (!cases[i].x87)
			memcpy(&want, &initial, offsetof(struct regs, mxcsr)), memcpy(want.st, initial.st, sizeof(want.st));
		if (!cases[i].xmm)
			memset(want.xmm, 0, sizeof(want.xmm));
		if (!cases[i].ymm)
			memset(want.ymmh, 0, sizeof(want.ymmh));
		say(cases[i].what, !handled || check(cases[i].what, out, &want));
	}
}

static void bad_frames(void)
{
	static const struct { enum mode mode; const char *what; int xsave; } cases[] = {
		{ MISALIGNED, "misaligned", 1 }, { KERNEL, "in the kernel's half", 0 }, { UNMAPPED, "where nothing is", 0 },
		{ MXCSR_BITS, "bits of MXCSR that do not exist", 0 }, { FEATURE, "a feature that does not exist", 1 },
		{ COMPACTED, "another format", 1 }, { RESERVED, "reserved words", 1 },
	};
	struct regs out[2];
	int status;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].xsave && !use_avx) {
			printf("fpstate %s: signal 11\n", cases[i].what);
			continue;
		}
		fflush(stdout);
		if (!fork()) {
			setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
			raise_with(cases[i].mode, 500 + i, out);
			_exit(0);
		}
		wait(&status);
		printf("fpstate %s: signal %d\n", cases[i].what, WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	}
}

/* ---- exceptions ---- */

static volatile int fpe_code, fpe_there;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	struct regs *fp = (struct regs *)uc->uc_mcontext.fpregs;

	(void)sig;
	fpe_code = info->si_code;
	fpe_there = info->si_addr == x87_fault || info->si_addr == sse_fault;
	fp->fcw |= 0x3f;
	fp->fsw &= ~0x80ff;
	fp->mxcsr |= 0x1f80;
}

static void exceptions(void)
{
	static const struct { const char *name; double a, b; int mask, code; } cases[] = {
		{ "invalid", 0.0, 0.0, 0x01, FPE_FLTINV }, { "by zero", 1.0, 0.0, 0x04, FPE_FLTDIV },
		{ "inexact", 1.0, 3.0, 0x20, FPE_FLTRES },
	};
	unsigned int mxcsr;

	on(SIGFPE, on_fpe, 0);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fpe_code = fpe_there = 0;
		divide_x87(FCW_INIT & ~cases[i].mask, &cases[i].a, &cases[i].b);
		printf("x87, %s: %s%s\n", cases[i].name, fpe_code == cases[i].code ? "its SIGFPE" : "no SIGFPE of its own",
		       fpe_there ? ", at the instruction" : "");
		if (fpe_code != cases[i].code)
			printf("FAIL code %d\n", fpe_code);
		/* An emulated CPU may set the flag and do no more. */
		fpe_code = fpe_there = 0;
		mxcsr = divide_sse(MXCSR_INIT & ~(cases[i].mask << 7), &cases[i].a, &cases[i].b);
		say(cases[i].name, !(mxcsr & cases[i].mask) || (fpe_code && (fpe_code != cases[i].code || !fpe_there)));
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	look_for_avx();
	sched_getaffinity(0, sizeof(allowed), &allowed);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fill(&clobber, 31);
	on(SIGUSR1, handler_entry, 0);
	on(SIGUSR2, handler_entry, 0);
	on(SIGALRM, handler_entry, 0);
	threads_and_processes();
	moves();
	copies();
	program();
	signals();
	parts();
	bad_frames();
	exceptions();
	return 0;
}
