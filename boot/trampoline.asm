; SPDX-License-Identifier: GPL-2.0-only
;
; boot/trampoline.asm - how every CPU but the first gets from its reset state to start_secondary().
;
; A PC starts with one CPU. The others halt until the first one sends them two messages over the bus of the local APICs (Intel
; SDM vol. 3, 8.4): INIT, which puts them into a state close to reset, and STARTUP (SIPI), which carries eight bits:
;
;	SIPI with vector VV	->	CS = VV00h, IP = 0: real mode, physical address VV000h
;
; So the first instruction of an AP ("application processor": all but the bootstrap processor) lies on a page boundary below
; 1 MiB, in 16-bit code, in a machine like the 8086 of 1978. The image lies at 1 MiB and above, where real mode does not reach.
; The few bytes between trampoline_start and trampoline_end are therefore copied into a page down there, by setup_real_mode().
; All they do is to switch to protected mode and jump up into the image; from there the road is that of the boot CPU
; (entry32.asm), over the same temporary page tables:
;
;	station			mode			where it runs			what it knows
;	trampoline_start	real, 16-bit		page VV000h, below 1 MiB	CS only
;	ap_boot32		protected, 32-bit	image, physical address		flat segments
;	ap_boot64_low		long, 64-bit		image, physical address		boot_pml4: identity map
;	ap_boot64_high		long, 64-bit		image, linked address		then swapper_pg_dir: the final map
;	ap_find_self						"				its CPU number, by its APIC ID
;	start_secondary()	C			on its idle task's stack	everything
;
; All APs may walk here at the same time: nothing is written before each has a stack, and that is its own.
;
; The copied bytes are position-independent: data is addressed relative to CS, and what the descriptors and the jump name are
; physical addresses of the image, below 8 MiB, which are constants.
;
; Linux (arch/x86/realmode/rm/trampoline_64.S, arch/x86/kernel/head_64.S) wakes one CPU after the other, and so can
; leave stack and GS base for it in variables. Its trampoline checks what the CPU can do, and knows encrypted memory.

%include "generated/asm-offsets.inc"

%define KERNEL_MAP	0xffffffff80000000
%define PHYS(sym)	((sym) - KERNEL_MAP)

extern boot_gdt, boot_gdt_ptr64, boot_idt_ptr64, boot_pml4, swapper_pg_dir
extern x86_cpu_to_apicid, nr_cpu_ids, __per_cpu_offset, current_task, start_secondary

; ---- the bytes that are copied ---------------------------------------------------------------------------------------------

section .init.data alloc noexec write align=16
	align 16
bits 16

; State on entry, after INIT and SIPI: real mode, CS:IP = VV00h:0000h, interrupts off, paging off, caches disabled by CR0.CD and
; CR0.NW; all other segments 0; no stack. State on exit: protected mode, CS = 32-bit flat code, other segments as they were.
global trampoline_start, trampoline_end
trampoline_start:
	cli
	cld
	mov ax, cs
	mov ds, ax				; data is in the same page
	o32 lgdt [trampoline_gdt_ptr - trampoline_start]
	mov eax, TRAMPOLINE_CR0			; protected mode; CD and NW go, as the BIOS has set up what is cached
	mov cr0, eax
	jmp dword KERNEL32_CS_ASM:PHYS(ap_boot32)	; the far jump loads a 32-bit code segment, base 0

	align 4
trampoline_gdt_ptr:
	dw 4 * 8 - 1
	dd PHYS(boot_gdt)			; the boot CPU's temporary table, in the image
trampoline_end:

; ---- in the image ------------------------------------------------------------------------------------------------------------

section .boot.text alloc exec nowrite align=16
bits 32

; State on entry: protected mode, paging off, CS flat; no stack. Long mode (Intel SDM vol. 3, 9.8.5): PAE, CR3, EFER.LME, then
; paging. The features were checked on the boot CPU; CPUs of one machine do not differ in these.
global ap_boot32
ap_boot32:
	mov eax, KERNEL_DS_ASM
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov eax, cr4
	or eax, X86_CR4_PAE
	mov cr4, eax
	mov eax, PHYS(boot_pml4)
	mov cr3, eax
	mov ecx, MSR_EFER_ASM
	rdmsr
	or eax, EFER_LME_ASM | EFER_NX_ASM
	wrmsr
	mov eax, CR0_STATE
	mov cr0, eax				; compatibility mode: long mode, still a 32-bit segment
	jmp KERNEL_CS_ASM:PHYS(ap_boot64_low)

bits 64
; State on entry: long mode, boot_pml4, running at the physical address through the identity map.
global ap_boot64_low
ap_boot64_low:
	mov rax, ap_boot64_high
	jmp rax

; Now at the linked address, which both maps show: so the map may be changed under our feet.
global ap_boot64_high
ap_boot64_high:
	mov rax, PHYS(swapper_pg_dir)
	mov cr3, rax				; the final tables: no identity map, no page that is W and X
	lgdt [boot_gdt_ptr64]			; by its linked address, which stays
	lidt [boot_idt_ptr64]			; the same IDT as on all CPUs: from here on a fault is reported
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov fs, eax
	mov gs, eax
	mov eax, KERNEL_DS_ASM
	mov ss, eax

; Which CPU am I? CPUID leaf 1 tells the APIC ID in EBX 31:24; its place in x86_cpu_to_apicid is the number.
global ap_find_self
ap_find_self:
	mov eax, 1
	cpuid
	shr ebx, 24
	xor edi, edi
.next:	cmp [x86_cpu_to_apicid + rdi * 4], ebx
	je .found
	inc edi
	cmp edi, [nr_cpu_ids]
	jb .next
.nobody:
	cli					; nobody has called us: sleep for good
	hlt
	jmp .nobody

; void start_secondary(unsigned int cpu), never returns. The boot CPU has left our idle task in our per-CPU area, with its empty
; stack in thread.sp.
.found:	mov rax, [__per_cpu_offset + rdi * 8]
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE_ASM
	wrmsr					; from here on %gs:variable is this CPU's
	xor eax, eax
	xor edx, edx
	mov ecx, MSR_KERNEL_GS_BASE_ASM
	wrmsr
	mov rax, [gs:current_task]
	mov rsp, [rax + TASK_THREAD_SP]
	xor ebp, ebp				; the end of every backtrace
	push rbp
	popfq					; all flags clear
	push rbp				; a return address that is none
	jmp start_secondary
