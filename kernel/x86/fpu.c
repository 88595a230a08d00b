/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/fpu.c - the floating point and vector registers follow their task.
 *
 * The kernel itself never uses these registers, so on entry nothing has to be saved. They change owner only at a task switch.
 * Per task, TIF_NEED_FPU_LOAD says where the valid values are:
 *
 *	clear	in the CPU's registers, and the task is current there
 *	set	in task->thread.fpu; they must be loaded before the task runs in user mode
 *
 *	switch away from a user task	flag clear: save; the registers keep a copy, and fpu_fpregs_owner remembers whose
 *	switch to a user task		registers still hold its copy? clear the flag; else set it
 *	return to user mode, flag set	load, become owner, clear the flag
 *
 * So a trip through kernel threads or idle loads nothing. The copy is still the task's when this CPU's owner is the task and
 * the task last used an FPU on this CPU: both are needed, because a task that ran elsewhere meanwhile left a stale copy here.
 *
 * A task's first values are init_fpstate: all zero but the control words (SDM vol. 1, 13.6: an XSAVE area with an empty header
 * means initial values for every component).
 *
 * Which format: XSAVE with all components that the CPU has and we allow in XCR0 (x87, SSE, AVX, AVX-512), else FXSAVE.
 * Linux also uses the compacted format and XSAVEOPT.
 */
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/string.h>
#include <uapi/sigcontext.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/uaccess.h>

#define FXSAVE_SIZE		512
#define XSAVE_HDR_SIZE		64
#define XFEATURE_MASK_FP	BIT(0)
#define XFEATURE_MASK_SSE	BIT(1)
#define XFEATURE_MASK_YMM	BIT(2)
#define XFEATURE_MASK_AVX512	(BIT(5) | BIT(6) | BIT(7))
#define XFEATURES_WANTED	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE | XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512)

#define MXCSR_DEFAULT		0x1f80		/* all exceptions masked, round to nearest */
#define FCW_DEFAULT		0x037f
#define MXCSR_OFFSET		24

unsigned int fpu_user_xstate_size __ro_after_init = FXSAVE_SIZE;
unsigned int arch_task_struct_size __ro_after_init = sizeof(struct task_struct) + FXSAVE_SIZE;

static u64 xfeatures_mask __ro_after_init;	/* 0: FXSAVE */
static u32 mxcsr_feature_mask __ro_after_init;	/* the bits of MXCSR that exist: to load another one is #GP */

/* The FXSAVE part and the XSAVE header of the initial state; the rest of an area is zero. [immutable after boot] */
static u8 init_fpstate[FXSAVE_SIZE + XSAVE_HDR_SIZE] __aligned(64) __ro_after_init;

/* Whose values the registers hold, if that task's flag and fpu_last_cpu agree. [owner CPU, interrupts off] */
static DEFINE_PER_CPU(struct task_struct *, fpu_fpregs_owner);

static __always_inline void fpu_save(struct task_struct *p)
{
	if (xfeatures_mask)
		__asm__ volatile("xsave64 (%0)" :: "r"(p->thread.fpu), "a"((u32)xfeatures_mask), "d"(0) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" :: "r"(p->thread.fpu) : "memory");
}

static __always_inline void fpu_load(const void *area)
{
	if (xfeatures_mask)
		__asm__ volatile("xrstor64 (%0)" :: "r"(area), "a"((u32)xfeatures_mask), "d"(0) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" :: "r"(area) : "memory");
}

void switch_fpu(struct task_struct *prev, struct task_struct *next)
{
	int cpu = raw_smp_processor_id();

	if (!(prev->flags & PF_KTHREAD) && !test_tsk_thread_flag(prev, TIF_NEED_FPU_LOAD)) {
		fpu_save(prev);
		prev->thread.fpu_last_cpu = cpu;
		this_cpu_write(fpu_fpregs_owner, prev);
		set_tsk_thread_flag(prev, TIF_NEED_FPU_LOAD);
	}
	if (!(next->flags & PF_KTHREAD)) {
		if (next->thread.fpu_last_cpu == cpu && this_cpu_read(fpu_fpregs_owner) == next)
			clear_tsk_thread_flag(next, TIF_NEED_FPU_LOAD);
		else
			set_tsk_thread_flag(next, TIF_NEED_FPU_LOAD);
	}
}

void switch_fpu_return(void)
{
	struct task_struct *p = current;

	fpu_load(p->thread.fpu);
	this_cpu_write(fpu_fpregs_owner, p);
	p->thread.fpu_last_cpu = raw_smp_processor_id();
	clear_thread_flag(TIF_NEED_FPU_LOAD);
}

void fpu__copy(struct task_struct *dst, struct task_struct *src)
{
	preempt_disable();
	/* A kernel thread has no registers to give (init_task not even an area): if the child becomes a program, fpu__clear() makes some. */
	if (!(src->flags & PF_KTHREAD)) {
		if (!test_tsk_thread_flag(src, TIF_NEED_FPU_LOAD))
			fpu_save(src);
		memcpy(dst->thread.fpu, src->thread.fpu, fpu_user_xstate_size);
	}
	dst->thread.fpu_last_cpu = -1;
	set_tsk_thread_flag(dst, TIF_NEED_FPU_LOAD);
	preempt_enable();
}

void fpu__clear(void)
{
	struct task_struct *p = current;

	preempt_disable();
	memset(p->thread.fpu, 0, fpu_user_xstate_size);
	memcpy(p->thread.fpu, init_fpstate, sizeof(init_fpstate) < fpu_user_xstate_size ? sizeof(init_fpstate) : FXSAVE_SIZE);
	p->thread.fpu_last_cpu = -1;
	set_thread_flag(TIF_NEED_FPU_LOAD);
	preempt_enable();
}

/*
 * Signal frames. The user's format is what XSAVE writes, with a note for software in a corner that FXSAVE does not use, and a
 * second mark behind the area. The features that every program knows, x87 and SSE, are named as present even where XSAVE found
 * them in their initial state and did not say so: who changes a value in the frame may not know that there is such a list.
 */
#define FXSAVE_SW_OFFSET	464
#define XSTATE_BV_OFFSET	FXSAVE_SIZE
#define MXCSR_MASK_OFFSET	28
#define MXCSR_MASK_DEFAULT	0xffbfU		/* what a zero there means: no "denormals are zero" (SDM vol. 1, 11.6.6) */

unsigned int fpu_sigframe_size(void)
{
	return xfeatures_mask ? fpu_user_xstate_size + sizeof(u32) : FXSAVE_SIZE;
}

/* Bring current's values into its save area; they stay valid in the registers too. */
static void fpu_sync(struct task_struct *p)
{
	preempt_disable();
	if (!test_tsk_thread_flag(p, TIF_NEED_FPU_LOAD))
		fpu_save(p);
	preempt_enable();
}

int fpu_save_sigframe(unsigned long buf)
{
	struct task_struct *p = current;
	struct fpx_sw_bytes sw = { 0 };
	u32 magic2 = FP_XSTATE_MAGIC2;
	u64 features;

	fpu_sync(p);
	if (copy_to_user((void *)buf, p->thread.fpu, xfeatures_mask ? fpu_user_xstate_size : FXSAVE_SIZE))
		return -EFAULT;
	if (xfeatures_mask) {
		sw.magic1 = FP_XSTATE_MAGIC1;
		sw.extended_size = fpu_user_xstate_size + sizeof(magic2);
		sw.xfeatures = xfeatures_mask;
		sw.xstate_size = fpu_user_xstate_size;
		features = *(u64 *)(p->thread.fpu + XSTATE_BV_OFFSET) | XFEATURE_MASK_FP | XFEATURE_MASK_SSE;
		if (copy_to_user((void *)(buf + XSTATE_BV_OFFSET), &features, sizeof(features)) ||
		    copy_to_user((void *)(buf + fpu_user_xstate_size), &magic2, sizeof(magic2)))
			return -EFAULT;
	}
	return copy_to_user((void *)(buf + FXSAVE_SW_OFFSET), &sw, sizeof(sw)) ? -EFAULT : 0;
}

/*
 * Does XRSTOR or FXRSTOR take a save area that came from user memory? They raise #GP on bits that do not exist and on another format
 * (SDM vol. 1, 13.8); so would the load on the way to user mode. @wanted: the components that the frame asks for; the others become
 * initial. Without the extended part, these are x87 and SSE.
 */
static bool fpu_acceptable(u8 *area, bool extended, u64 wanted)
{
	u64 *header = (u64 *)(area + XSTATE_BV_OFFSET);
	u32 *mxcsr = (u32 *)(area + MXCSR_OFFSET);

	if (extended && !(wanted & (XFEATURE_MASK_SSE | XFEATURE_MASK_YMM)))
		*mxcsr = MXCSR_DEFAULT;
	if (*mxcsr & ~mxcsr_feature_mask)
		return false;
	if (!xfeatures_mask)
		return true;
	if (!extended) {
		header[0] = XFEATURE_MASK_FP | XFEATURE_MASK_SSE;
		memset(&header[1], 0, XSAVE_HDR_SIZE - sizeof(u64));
		return true;
	}
	if (header[0] & ~xfeatures_mask || header[1] || header[2])
		return false;
	header[0] &= wanted;
	return true;
}

int fpu_restore_sigframe(unsigned long buf)
{
	struct task_struct *p = current;
	struct fpx_sw_bytes sw;
	u32 magic2 = 0;
	bool extended;
	unsigned int size;

	if (!buf) {
		fpu__clear();
		return 0;
	}
	if (!IS_ALIGNED(buf, 64) || copy_from_user(&sw, (void *)(buf + FXSAVE_SW_OFFSET), sizeof(sw)))
		return -EFAULT;
	extended = xfeatures_mask && sw.magic1 == FP_XSTATE_MAGIC1 && sw.xstate_size == fpu_user_xstate_size &&
		   sw.extended_size >= sw.xstate_size;
	if (extended && copy_from_user(&magic2, (void *)(buf + fpu_user_xstate_size), sizeof(magic2)))
		return -EFAULT;
	extended = extended && magic2 == FP_XSTATE_MAGIC2;
	size = extended ? fpu_user_xstate_size : FXSAVE_SIZE;

	/* The registers are no longer valid from here on; the copy may sleep, and a switch then must not save them over it. */
	preempt_disable();
	p->thread.fpu_last_cpu = -1;
	set_thread_flag(TIF_NEED_FPU_LOAD);
	preempt_enable();
	if (copy_from_user(p->thread.fpu, (void *)buf, size)) {
		fpu__clear();
		return -EFAULT;
	}
	if (!extended && fpu_user_xstate_size > FXSAVE_SIZE)
		memset(p->thread.fpu + FXSAVE_SIZE, 0, fpu_user_xstate_size - FXSAVE_SIZE);
	if (!fpu_acceptable(p->thread.fpu, extended, sw.xfeatures)) {
		fpu__clear();
		return -EFAULT;
	}
	return 0;
}

void fpu__init_cpu(void)
{
	unsigned long cr4 = read_cr4() | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

	if (xfeatures_mask)
		cr4 |= X86_CR4_OSXSAVE;
	write_cr4(cr4);
	if (xfeatures_mask)
		__asm__ volatile("xsetbv" :: "c"(0), "a"((u32)xfeatures_mask), "d"((u32)(xfeatures_mask >> 32)));
	__asm__ volatile("fninit");
}

void __init fpu__init_system(void)
{
	static u8 area[FXSAVE_SIZE] __aligned(16) __initdata;
	u32 a, b, c, d;

	*(u16 *)init_fpstate = FCW_DEFAULT;
	*(u32 *)(init_fpstate + MXCSR_OFFSET) = MXCSR_DEFAULT;

	if (boot_cpu_has(X86_FEATURE_XSAVE) && boot_cpu_data.cpuid_level >= 0xd) {
		cpuid_count(0xd, 0, &a, &b, &c, &d);
		xfeatures_mask = a & XFEATURES_WANTED;
		/* AVX-512 comes whole and on top of AVX, or not at all. */
		if ((xfeatures_mask & XFEATURE_MASK_AVX512) != XFEATURE_MASK_AVX512 || !(xfeatures_mask & XFEATURE_MASK_YMM))
			xfeatures_mask &= ~XFEATURE_MASK_AVX512;
		fpu__init_cpu();
		cpuid_count(0xd, 0, &a, &b, &c, &d);	/* ebx: size of what XCR0 now enables */
		fpu_user_xstate_size = ALIGN(b, 64);
		pr_info("x86/fpu: Enabled xstate features 0x%llx, context size is %u bytes, using 'standard' format.\n",
			xfeatures_mask, b);
	} else {
		fpu__init_cpu();
		pr_info("x86/fpu: x87 FPU will use FXSAVE\n");
	}
	__asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory");
	mxcsr_feature_mask = *(u32 *)(area + MXCSR_MASK_OFFSET);
	if (!mxcsr_feature_mask)
		mxcsr_feature_mask = MXCSR_MASK_DEFAULT;
	arch_task_struct_size = ALIGN(offsetof(struct task_struct, thread.fpu) + fpu_user_xstate_size, 64);
}
