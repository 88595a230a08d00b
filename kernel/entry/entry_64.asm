; SPDX-License-Identifier: GPL-2.0-only
;
; kernel/entry/entry_64.asm - every door into the kernel, and the way out again.
;
; Whatever comes in - a system call, an exception, an interrupt, an NMI - ends up as a struct pt_regs on a kernel stack, with
; the kernel's GS base loaded, and a call of a C function. Three facts make it delicate:
;
; 1. GS. In the kernel, GS base is this CPU's per-CPU area; in user mode it is the user's. SWAPGS exchanges the two, so it
;    must be executed exactly once for each crossing. An exception tells by its saved CS which side it came from - except in
;    the few instructions between a crossing and its SWAPGS. Those that can strike there (NMI, #DB, #MC, #DF: the entries with an
;    interrupt stack of their own) are "paranoid": they look at the GS base itself. A kernel one is negative.
;
; 2. IRETQ. It is the one instruction at which the kernel already has the user's GS and can still fault (a bad selector or a
;    non-canonical address in the frame). error_entry knows that instruction by its address and repairs the state, so that
;    the fault looks as if it had come from user mode.
;
; 3. SYSRET. With a non-canonical RCX it faults in ring 0 on the user's stack (Intel only). So RCX is checked first; and the
;    last page below the hole is never mapped, so that no SYSCALL instruction can end there.
;
;	 user mode			kernel mode			IST stack
;	    | SYSCALL			    | exception			    | NMI, #DB, #MC, #DF
;	 entry_SYSCALL_64		 asm_exc_*			 asm_exc_nmi, ...
;	    | swapgs, stack, PUSH_REGS	    | error_entry		    | paranoid_entry (#DB, #MC from user mode
;	    v				    v				    |   change to the task's stack first)
;	 sys_call_table[rax]		 exc_*(regs, error)		 exc_*(regs, error)
;	    | work? exit_to_user_mode	    | user? exit_to_user_mode	    |
;	    v				    v				    v
;	 sysret or iret			 swapgs if to user, iret	 paranoid_exit: iret
;
; RFLAGS.AC is 0 in the kernel (with SMAP it would open user pages): SYSCALL clears it by MSR_SYSCALL_MASK, the other doors by
; CLAC. Interrupts are off at every door; the C side turns them on when it knows what it is about.
;
; A frame pointer of (address of pt_regs | 1) marks the frame for the stack walker; no real frame pointer is odd.

%include "generated/asm-offsets.inc"
%include "kernel/entry/calling.inc"

section .entry.text alloc exec nowrite align=64
bits 64

extern cpu_tss, current_task, sys_call_table, exit_to_user_mode, schedule_tail
extern preempt_schedule_irq, __preempt_count, do_early_exception, do_not_implemented
%ifdef CONFIG_DEBUG
extern syscall_exit_check
%endif
extern fixup_bad_iret, hardirq_stack_ptr, common_interrupt, sysvec_interrupt

; ---- system calls -----------------------------------------------------------------------------------------------------------
;
; State on entry: ring 0, RIP = here, RCX = user RIP, R11 = user RFLAGS, IF TF DF AC NT cleared by MSR_SYSCALL_MASK; everything
; else is the user's: GS base, RSP, all registers. RAX = number; arguments in RDI RSI RDX R10 R8 R9.
; State on exit: all registers but RAX, RCX and R11 as they were.
global entry_SYSCALL_64
entry_SYSCALL_64:
	swapgs
	mov [gs:cpu_tss + TSS_SP2], rsp		; interrupts are off: nobody else uses this slot meanwhile
	mov rsp, [gs:cpu_tss + TSS_SP0]
	push USER_DS_ASM			; ss
	push qword [gs:cpu_tss + TSS_SP2]	; rsp
	push r11				; rflags
	push USER_CS_ASM			; cs
	push rcx				; rip
	push rax				; orig_ax
	PUSH_REGS -ENOSYS_ASM			; the result, until there is one
	lea rbp, [rsp + 1]			; mark of a register frame
	sti
	mov rbx, [gs:current_task]		; C keeps rbx across the call
	cmp rax, NR_SYSCALLS_ASM
	jae .nosys
	mov rcx, r10				; the fourth argument, where C expects it
	call [sys_call_table + rax * 8]
.done:
	mov [rsp + PT_RAX], rax
%ifdef CONFIG_DEBUG
	mov rdi, rsp
	call syscall_exit_check			; void syscall_exit_check(struct pt_regs *): keeps rbx
%endif
	cli					; from the check of the flags to user mode nothing may come between
	test dword [rbx + TI_FLAGS], WORK_EXIT
	jnz .work

	; SYSRET only where it does the same as IRET would: the frame still is what SYSCALL made of it.
global syscall_return_via_sysret
syscall_return_via_sysret:
	mov rcx, [rsp + PT_RIP]
	mov r11, [rsp + PT_EFLAGS]
	cmp [rsp + PT_RCX], rcx
	jne swapgs_restore_regs_and_return_to_usermode
	cmp [rsp + PT_R11], r11
	jne swapgs_restore_regs_and_return_to_usermode
	mov rdx, rcx
	shr rdx, TASK_SIZE_SHIFT		; a user address, so a canonical one
	jnz swapgs_restore_regs_and_return_to_usermode
	test r11, EFLAGS_RF_TF			; SYSRET drops RF, and traps too late for TF
	jnz swapgs_restore_regs_and_return_to_usermode
	cmp qword [rsp + PT_CS], USER_CS_ASM
	jne swapgs_restore_regs_and_return_to_usermode
	cmp qword [rsp + PT_SS], USER_DS_ASM
	jne swapgs_restore_regs_and_return_to_usermode

	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	add rsp, 8				; r11 holds rflags
	pop r10
	pop r9
	pop r8
	pop rax
	add rsp, 8				; rcx holds rip
	pop rdx
	pop rsi
	pop rdi
	mov rsp, [rsp + 4 * 8]			; from orig_ax to rsp
	swapgs
	o64 sysret

entry_SYSCALL_64.nosys:
	mov rdi, rax				; long do_not_implemented(unsigned long nr)
	call do_not_implemented
	jmp entry_SYSCALL_64.done

	; void exit_to_user_mode(struct pt_regs *): signals, rescheduling, FPU registers; returns with interrupts off and no work left.
entry_SYSCALL_64.work:
	mov rdi, rsp
	call exit_to_user_mode
	jmp syscall_return_via_sysret

; SYSCALL from a 32-bit code segment (AMD), and SYSENTER. Primer runs 64-bit programs only; both doors answer -ENOSYS.
; State on entry as for entry_SYSCALL_64. SYSENTER has no way back of its own: its MSRs are zero, so it raises #GP.
global entry_SYSCALL_compat
entry_SYSCALL_compat:
	mov eax, -ENOSYS_ASM
	o32 sysret

; The first instruction of a new task, on its own stack, reached by __switch_to_asm's return.
; In: rax = the task that ran before; rbx = kernel thread's function or 0; r12 = its argument. Stack: struct pt_regs.
global ret_from_fork
ret_from_fork:
	lea rbp, [rsp + 1]
	mov rdi, rax
	call schedule_tail
	test rbx, rbx
	jz .user
	mov rdi, r12
	call rbx				; returns only when the thread became a user program (kernel_execve)
	mov qword [rsp + PT_RAX], 0
.user:	cli
	mov rdi, rsp
	call exit_to_user_mode
	jmp swapgs_restore_regs_and_return_to_usermode

; ---- the way back to user mode by IRET -----------------------------------------------------------------------------------------
; In: rsp = struct pt_regs of user mode; interrupts off; no work left.
global swapgs_restore_regs_and_return_to_usermode
swapgs_restore_regs_and_return_to_usermode:
	POP_REGS
	add rsp, 8				; orig_ax
	swapgs
global native_irq_return_iret
native_irq_return_iret:
	iretq

; ---- exceptions ------------------------------------------------------------------------------------------------------------------

; The common half of the entries without an interrupt stack.
; In: on the stack the CPU's frame and an error code, above this call's return address. Out: struct pt_regs complete at
; [rsp + 8], the kernel's GS, rdi = its address, rsi = the error code, orig_ax = -1 (this is no system call).
error_entry:
	ERROR_PUSH_REGS
	test byte [rsp + 8 + PT_CS], 3
	jz .kernel
.swap:	swapgs
	lfence					; no speculation past a SWAPGS that might not have happened
.ready:	lea rbp, [rsp + 8 + 1]
	lea rdi, [rsp + 8]
	mov rsi, [rdi + PT_ORIG_RAX]
	mov qword [rdi + PT_ORIG_RAX], -1
	ret
.kernel:
	; Only at one instruction of the kernel is GS the user's.
	mov rax, native_irq_return_iret
	cmp [rsp + 8 + PT_RIP], rax
	jne .ready
	swapgs
	; struct pt_regs *fixup_bad_iret(struct pt_regs *): builds, on the task's stack, the frame as if user mode had faulted.
	pop r12					; our return address
	mov rdi, rsp
	call fixup_bad_iret
	mov rsp, rax
	push r12
	jmp .ready

; In: rsp = struct pt_regs, from wherever an exception came. Interrupts in any state.
global error_return
error_return:
	cli
	test byte [rsp + PT_CS], 3
	jz .kernel
.user:	mov rax, [gs:current_task]
	test dword [rax + TI_FLAGS], WORK_EXIT
	jz swapgs_restore_regs_and_return_to_usermode
	mov rdi, rsp
	call exit_to_user_mode			; void exit_to_user_mode(struct pt_regs *): returns with interrupts off, no work left
	jmp swapgs_restore_regs_and_return_to_usermode
.kernel:
	; Preempt the kernel? Only if interrupts were on, and the count is 0 with a reschedule wanted: the whole word is 0 then.
	test qword [rsp + PT_EFLAGS], EFLAGS_IF
	jz .restore
.preempt:
	cmp dword [gs:__preempt_count], 0
	jne .restore
	call preempt_schedule_irq
.restore:
	POP_REGS
	add rsp, 8
	iretq

; EXCEPTION vector name, has_error_code: asm_<name> calls void <name>(struct pt_regs *regs, unsigned long error_code).
%macro EXCEPTION 2
extern %1
	align 16
global asm_%1
asm_%1:
	CLAC_PATCHED
%if %2 == 0
	push 0
%endif
	call error_entry
	call %1
	jmp error_return
%endmacro

EXCEPTION exc_divide_error, 0
EXCEPTION exc_int3, 0
EXCEPTION exc_overflow, 0
EXCEPTION exc_bounds, 0
EXCEPTION exc_invalid_op, 0
EXCEPTION exc_device_not_available, 0
EXCEPTION exc_coproc_segment_overrun, 0
EXCEPTION exc_invalid_tss, 1
EXCEPTION exc_segment_not_present, 1
EXCEPTION exc_stack_segment, 1
EXCEPTION exc_general_protection, 1
EXCEPTION exc_page_fault, 1
EXCEPTION exc_spurious_interrupt_bug, 0
EXCEPTION exc_coprocessor_error, 0
EXCEPTION exc_alignment_check, 1
EXCEPTION exc_simd_coprocessor_error, 0
EXCEPTION exc_virtualization, 0
EXCEPTION exc_control_protection, 1

; ---- entries with an interrupt stack ------------------------------------------------------------------------------------------

; In: as error_entry, on an IST stack. Out: as error_entry, and ebx = 1 when SWAPGS was executed and has to be undone.
paranoid_entry:
	ERROR_PUSH_REGS
	mov ecx, MSR_GS_BASE_ASM
	rdmsr
	xor ebx, ebx
	test edx, edx				; negative: already the kernel's
	js .ready
	swapgs
	lfence
	mov ebx, 1
.ready:	lea rbp, [rsp + 8 + 1]
	lea rdi, [rsp + 8]
	mov rsi, [rdi + PT_ORIG_RAX]
	mov qword [rdi + PT_ORIG_RAX], -1
	ret

paranoid_exit:
	test ebx, ebx
	jz .restore
	swapgs
.restore:
	POP_REGS
	add rsp, 8
	iretq

; PARANOID name, has_error_code: stays on the IST stack and returns by a bare IRET, whatever it interrupted.
%macro PARANOID 2
extern %1
	align 16
global asm_%1
asm_%1:
	CLAC_PATCHED
%if %2 == 0
	push 0
%endif
	call paranoid_entry
	call %1
	jmp paranoid_exit
%endmacro

; PARANOID_USER name: from user mode the frame moves to the task's own stack, and the handler runs there like any other
; exception's: it may sleep, and signals are delivered on the way out.
%macro PARANOID_USER 1
extern %1
	align 16
global asm_%1
asm_%1:
	CLAC_PATCHED
	push 0
	test byte [rsp + 8 + 8], 3		; CS: above the error code and RIP
	jz %%kernel
	swapgs
	lfence
	push rdi				; becomes free below; from here GS is the kernel's
	mov rdi, rsp
	mov rsp, [gs:cpu_tss + TSS_SP0]
	push qword [rdi + 6 * 8]		; ss
	push qword [rdi + 5 * 8]		; rsp
	push qword [rdi + 4 * 8]		; rflags
	push qword [rdi + 3 * 8]		; cs
	push qword [rdi + 2 * 8]		; rip
	push qword [rdi + 1 * 8]		; error code
	mov rdi, [rdi]
	call error_entry_gs_done
	call %1
	jmp error_return
%%kernel:
	call paranoid_entry
	call %1
	jmp paranoid_exit
%endmacro

; error_entry for those who come from user mode and have executed SWAPGS.
error_entry_gs_done:
	ERROR_PUSH_REGS
	jmp error_entry.ready

PARANOID exc_nmi, 0
PARANOID exc_double_fault, 1
PARANOID_USER exc_debug
PARANOID_USER exc_machine_check

; ---- interrupts -----------------------------------------------------------------------------------------------------------------
; A stub for each vector from 32 to 255: it pushes the vector where orig_ax belongs. Those from FIRST_SYSTEM_VECTOR on are not
; devices' and have a C function of their own.
	align 16
global irq_entries_start
irq_entries_start:
%assign vector FIRST_EXTERNAL_VECTOR_ASM
%rep 256 - FIRST_EXTERNAL_VECTOR_ASM
	align 16
	push vector
%if vector < FIRST_SYSTEM_VECTOR_ASM
	jmp asm_common_interrupt
%else
	jmp asm_sysvec_interrupt
%endif
%assign vector vector + 1
%endrep

; INTERRUPT name: asm_<name> calls void <name>(struct pt_regs *regs, unsigned long vector).
;
; Simpler than error_entry: interrupts come only where they are enabled, so GS is the kernel's whenever CS is, and the way back into the
; kernel need not ask whether interrupts were on.
;
; Stacks. From user mode: the task's own, empty. From the kernel: this CPU's interrupt stack, whose top hardirq_stack_ptr holds while it is
; free; else (0) we are on it already, in a softirq, and stay. The word at its top leads back.
%macro INTERRUPT 1
	align 16
global asm_%1
asm_%1:
	CLAC_PATCHED
	cld
	PUSH_REGS rax
	mov rsi, [rsp + PT_ORIG_RAX]
	mov rdi, rsp
	mov qword [rsp + PT_ORIG_RAX], -1
	lea rbp, [rsp + 1]			; mark of a register frame
	test byte [rsp + PT_CS], 3
	jnz %%user
	mov rbx, [gs:hardirq_stack_ptr]
	test rbx, rbx
	jz %%nested
	mov qword [gs:hardirq_stack_ptr], 0
	mov [rbx - 8], rsp
	lea rsp, [rbx - 8]
	call %1
	mov [gs:hardirq_stack_ptr], rbx
	pop rsp
	jmp error_return.preempt
%%nested:
	call %1
	jmp error_return.preempt
%%user:
	swapgs
	lfence
	call %1
	jmp error_return.user
%endmacro

INTERRUPT common_interrupt
INTERRUPT sysvec_interrupt

; ---- before there is anything: the 32 stubs that boot32_early_idt wired up ----------------------------------------------------------
; EARLY_IDT_HANDLER_SIZE bytes each. GS base is already the kernel's, there is no user mode; all run on the current stack.
section .boot.text
bits 64
	align 16
global early_idt_handler_array
early_idt_handler_array:
%assign vector 0
%rep 32
	align EARLY_IDT_HANDLER_SIZE
%if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
	nop
	nop					; the CPU pushed an error code
%else
	push 0
%endif
	push vector
	jmp early_idt_handler_common
%assign vector vector + 1
%endrep

	align 16
early_idt_handler_common:
	cld
	; The stack holds vector, error code, frame. The vector's slot becomes rdi's in pt_regs, the error code stays in orig_ax's.
	xchg rdi, [rsp]
	push rsi
	push rdx
	push rcx
	push rax
	push r8
	push r9
	push r10
	push r11
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	mov rsi, rdi				; vector
	mov rdi, rsp
	lea rbp, [rsp + 1]
	call do_early_exception			; void do_early_exception(struct pt_regs *, unsigned long vector)
	POP_REGS
	add rsp, 8
	iretq
