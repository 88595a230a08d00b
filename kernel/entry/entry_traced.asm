; SPDX-License-Identifier: GPL-2.0-only
;
; kernel/entry/entry_traced.asm - the other door for system calls, for as long as they are traced.
;
; The question "is somebody tracing?" would cost every system call of every program a test, and the answer is nearly always no. But
; the CPU asks a register anyway where to enter: MSR_LSTAR. So tracing changes the address in it, on each CPU (syscall_trace.c),
; and entry_SYSCALL_64 knows nothing of it.
;
;	MSR_LSTAR = entry_SYSCALL_64		sys_call_table[rax](...)
;	MSR_LSTAR = entry_SYSCALL_64_traced	do_syscall_traced(regs): sys_enter, the same call, sys_exit
;
; A task that is inside when the door changes goes on behind the one that it came in by.
;
; Linux (arch/x86/entry/entry_64.S, kernel/entry/common.c) has one door, behind which it looks at flags of the task.
;
; State on entry and exit: as for entry_SYSCALL_64 (entry_64.asm).

%include "generated/asm-offsets.inc"
%include "kernel/entry/calling.inc"

section .entry.text alloc exec nowrite align=64
bits 64

extern cpu_tss, do_syscall_traced, exit_to_user_mode, syscall_return_via_sysret

global entry_SYSCALL_64_traced
entry_SYSCALL_64_traced:
	swapgs
	mov [gs:cpu_tss + TSS_SP2], rsp		; interrupts are off: nobody else uses this slot meanwhile
	mov rsp, [gs:cpu_tss + TSS_SP0]
	push USER_DS_ASM			; ss
	push qword [gs:cpu_tss + TSS_SP2]	; rsp
	push r11				; rflags
	push USER_CS_ASM			; cs
	push rcx				; rip
	push rax				; orig_ax
	PUSH_REGS -ENOSYS_ASM
	lea rbp, [rsp + 1]			; mark of a register frame
	sti
	mov rdi, rsp
	call do_syscall_traced			; void do_syscall_traced(struct pt_regs *): the result is in its ax
	cli
	mov rdi, rsp
	call exit_to_user_mode			; void exit_to_user_mode(struct pt_regs *): returns with interrupts off, no work left
	jmp syscall_return_via_sysret
