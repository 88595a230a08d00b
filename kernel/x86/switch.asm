; SPDX-License-Identifier: GPL-2.0-only
;
; kernel/x86/switch.asm - the moment at which one task becomes another, and the door of preempt_enable().

%include "generated/asm-offsets.inc"

section .text
bits 64

extern __switch_to, __stack_chk_guard, preempt_schedule

; struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next)
;
; On entry: on prev's kernel stack, rdi = prev, rsi = next, interrupts off, rq->lock held by this CPU.
; On exit: on next's stack, as if next's own call of this function returned; rax = prev (the task that really ran before).
;
; A task that does not run has exactly this on its stack, at thread.sp: r15 r14 r13 r12 rbx rbp and a return address. All other
; registers are dead across a call by the C convention. copy_thread() builds the same frame for a new task, with
; ret_from_fork as return address.
global __switch_to_asm
__switch_to_asm:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi + TASK_THREAD_SP], rsp
	mov rsp, [rsi + TASK_THREAD_SP]
%ifndef STACKPROTECTOR_GLOBAL
	mov rax, [rsi + TASK_STACK_CANARY]	; the stack protector's guard goes with the stack
	mov [gs:__stack_chk_guard], rax
%endif
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	jmp __switch_to				; the C half returns to next's caller with rax = prev

; void preempt_schedule_thunk(void): preempt_schedule() for callers that keep values in every register.
; preempt_enable() is a decrement and a rarely taken call; this way the compiler need not spill for that call.
global preempt_schedule_thunk
preempt_schedule_thunk:
	push rbp
	mov rbp, rsp
	push rax
	push rcx
	push rdx
	push rsi
	push rdi
	push r8
	push r9
	push r10
	push r11
	call preempt_schedule
	pop r11
	pop r10
	pop r9
	pop r8
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rax
	pop rbp
	ret
