; SPDX-License-Identifier: GPL-2.0-only
;
; boot/entry32.asm - from the loader's 32-bit world to the first C function in 64-bit mode.
;
; Two loaders can start us, and both leave the CPU in the same state (Multiboot2 specification, section 3.3; Xen's PVH ABI,
; docs/misc/pvh.pandoc): protected mode, paging off, flat 4 GiB segments, interrupts off, A20 open, no stack.
;
;	GRUB	multiboot2_start	eax = 36d76289h		ebx = physical address of the Multiboot2 information
;	QEMU	pvh_start		nothing			ebx = physical address of struct hvm_start_info
;
; The road has these stations; each is a symbol on which gdb can stop (hbreak while paging is off):
;
;	boot32_start		note which loader it was and where its records are
;	boot32_clear_bss	zero .bss, so that C finds what the language promises
;	boot32_stack		a stack of our own
;	boot32_check_cpu	CPUID, long mode, NX: or a message and the end
;	boot32_page_tables	a temporary map, drawn below
;	boot32_early_idt	32 gates, so that even the first 64-bit instruction may fault and be reported
;	boot32_long_mode	CR4.PAE, CR3, EFER.LME, CR0.PG: now in compatibility mode, a 32-bit segment of long mode
;	boot64_low		after the far jump: 64-bit code, still at its physical address
;	boot64_high		the same code at its linked address; loads the kernel's segments and calls C
;
; The image is linked at __START_KERNEL_map (ffffffff80000000h) + physical address. Until paging is on, every symbol must have
; the first part subtracted: PHYS(sym).
;
; The temporary map, three views of the first 4 GiB in 2 MiB pages, all of them writable and executable. It lives until
; init_mem_mapping() has built the final one:
;
;	boot_pml4[0]   -> boot_pdpt_low[0..3]	-> boot_pd0..3	0 .. 4 GiB		we run here when paging comes on
;	boot_pml4[272] -> the same				ffff880000000000 ..	direct map: __va()
;	boot_pml4[511] -> boot_pdpt_high[510]	-> boot_pd0	ffffffff80000000 ..	the linked addresses

%include "generated/asm-offsets.inc"

%define KERNEL_MAP	0xffffffff80000000
%define PHYS(sym)	((sym) - KERNEL_MAP)

MULTIBOOT2_HEADER_MAGIC	equ 0xe85250d6
MULTIBOOT2_LOADER_MAGIC	equ 0x36d76289
PVH_MAGIC		equ 0x336ec578		; first word of hvm_start_info

extern x86_64_start_kernel, init_stack, idt_table, early_idt_handler_array, __bss_start, __bss_stop

; ---- what the loaders look for --------------------------------------------------------------------------------------------

section .multiboot2 alloc noexec nowrite align=8
multiboot2_header:
	dd MULTIBOOT2_HEADER_MAGIC
	dd 0					; architecture: i386, protected mode
	dd multiboot2_header_end - multiboot2_header
	dd -(MULTIBOOT2_HEADER_MAGIC + 0 + (multiboot2_header_end - multiboot2_header)) & 0xffffffff

	align 8
	dw 3, 0					; entry address tag: GRUB would otherwise take it from the ELF header
	dd 12
	dd PHYS(multiboot2_start)

	align 8
	dw 5, 1					; framebuffer tag, optional: any size, 32 bits a pixel preferred
	dd 20
	dd 1024, 768, 32

	align 8
	dw 6, 0					; modules on page boundaries
	dd 8

	align 8
	dw 0, 0					; end of tags
	dd 8
multiboot2_header_end:

; ELF note "Xen", type 18 (XEN_ELFNOTE_PHYS32_ENTRY): QEMU's -kernel jumps there.
section .note.Xen alloc noexec nowrite align=4 note
	dd 4, 8, 18
	db "Xen", 0
	dq PHYS(pvh_start)

; ---- 32-bit code ------------------------------------------------------------------------------------------------------------

section .boot.text alloc exec nowrite align=16
bits 32

global multiboot2_start, pvh_start
multiboot2_start:
	mov esi, eax				; the magic that GRUB gives
	jmp boot32_start

pvh_start:
	mov esi, PVH_MAGIC
	; fall through

; In: esi = which loader, ebx = physical address of its records. Both registers keep these values up to boot64_high.
global boot32_start
boot32_start:
	cld
	cli

; Zero [__bss_start, __bss_stop): a multiple of a page, by construction in linker.ld.
global boot32_clear_bss
boot32_clear_bss:
	mov edi, PHYS(__bss_start)
	mov ecx, PHYS(__bss_stop)
	sub ecx, edi
	shr ecx, 2
	xor eax, eax
	rep stosd

; The stack of the boot task, which later becomes CPU 0's idle task. The top 512 bytes stay free for a register frame.
global boot32_stack
boot32_stack:
	mov esp, PHYS(init_stack) + THREAD_SIZE_ASM - 512

; The loader's mark must be one of the two that we know: otherwise ebx means nothing.
global boot32_check_loader
boot32_check_loader:
	mov edi, PHYS(msg_loader)
	cmp esi, MULTIBOOT2_LOADER_MAGIC
	je boot32_check_cpu
	cmp esi, PVH_MAGIC
	jne boot32_fail
	cmp dword [ebx], PVH_MAGIC
	jne boot32_fail

; Is this CPU able to run us? (Intel SDM vol. 1, chapter 20 and vol. 2, CPUID.) The registers that CPUID destroys include ebx.
global boot32_check_cpu
boot32_check_cpu:
	; CPUID exists when RFLAGS.ID can be changed.
	pushfd
	pop eax
	mov ecx, eax
	xor eax, X86_EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	push ecx
	popfd
	mov edi, PHYS(msg_cpuid)
	xor eax, ecx
	test eax, X86_EFLAGS_ID
	jz boot32_fail

	push ebx
	mov edi, PHYS(msg_long_mode)
	mov eax, 0x80000000			; the highest extended leaf
	cpuid
	cmp eax, 0x80000001
	jb boot32_fail
	mov eax, 0x80000001
	cpuid
	test edx, 1 << 29			; LM
	jz boot32_fail
	mov edi, PHYS(msg_nx)
	test edx, 1 << 20			; NX
	jz boot32_fail
	mov edi, PHYS(msg_sse)
	mov eax, 1
	cpuid
	and edx, (1 << 24) | (1 << 25) | (1 << 26) | (1 << 13) | (1 << 16)	; FXSR, SSE, SSE2, PGE, PAT
	cmp edx, (1 << 24) | (1 << 25) | (1 << 26) | (1 << 13) | (1 << 16)
	jne boot32_fail
	pop ebx

; Fill the temporary tables. Entry n of the four PDs together maps [n * 2 MiB, +2 MiB).
global boot32_page_tables
boot32_page_tables:
	mov edi, PHYS(boot_pd0)
	mov eax, 0x83				; address 0; present, writable, 2 MiB page
	mov ecx, 4 * 512
.fill:	mov [edi], eax
	mov dword [edi + 4], 0
	add edi, 8
	add eax, 0x200000
	loop .fill

	mov eax, PHYS(boot_pd0) + 3		; present, writable
	mov edi, PHYS(boot_pdpt_low)
	mov ecx, 4
.pdpt:	mov [edi], eax
	add edi, 8
	add eax, 4096
	loop .pdpt
	mov dword [PHYS(boot_pdpt_high) + 510 * 8], PHYS(boot_pd0) + 3

	mov dword [PHYS(boot_pml4) + 0 * 8], PHYS(boot_pdpt_low) + 3
	mov dword [PHYS(boot_pml4) + 272 * 8], PHYS(boot_pdpt_low) + 3
	mov dword [PHYS(boot_pml4) + 511 * 8], PHYS(boot_pdpt_high) + 3

; Gates 0 to 31 point at early_idt_handler_array, whose stubs are EARLY_IDT_HANDLER_SIZE bytes apart. An address of the image
; has all ones in its upper half, so a gate can be put together here, in 32-bit arithmetic: offset 15:0, selector; then
; attributes (present, interrupt gate) and offset 31:16; then offset 63:32.
global boot32_early_idt
boot32_early_idt:
	mov edi, PHYS(idt_table)
	mov eax, PHYS(early_idt_handler_array)
	add eax, 0x80000000			; low half of the linked address
	mov ecx, 32
.gate:	mov edx, eax
	and edx, 0xffff
	or edx, KERNEL_CS_ASM << 16
	mov [edi], edx
	mov edx, eax
	and edx, 0xffff0000
	or edx, 0x8e00
	mov [edi + 4], edx
	mov dword [edi + 8], 0xffffffff
	mov dword [edi + 12], 0
	add edi, 16
	add eax, EARLY_IDT_HANDLER_SIZE
	loop .gate
	lidt [PHYS(boot_idt_ptr)]

; Long mode (Intel SDM vol. 3, 9.8.5): PAE on, CR3 loaded, EFER.LME set; then paging turns it on.
global boot32_long_mode
boot32_long_mode:
	lgdt [PHYS(boot_gdt_ptr)]
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
	mov cr0, eax
	jmp KERNEL_CS_ASM:PHYS(boot64_low)	; the far jump loads a 64-bit code segment

; In: edi = message. Say it on the first serial port and in the top left corner of the text screen, then stop for good.
global boot32_fail
boot32_fail:
	mov ebp, 0xb8000
.next:	mov al, [edi]
	inc edi
	test al, al
	jz .stop
	mov ah, 0x4f				; white on red
	cmp al, 32
	jb .serial
	mov [ebp], ax
	add ebp, 2
.serial:
	mov bl, al
	mov ecx, 100000				; a port that is not there must not hold us
.wait:	mov dx, 0x3f8 + 5			; line status
	in al, dx
	test al, 0x20				; transmitter empty
	jnz .send
	loop .wait
.send:	mov dx, 0x3f8
	mov al, bl
	out dx, al
	jmp .next
.stop:	hlt
	jmp .stop

; ---- 64-bit code ------------------------------------------------------------------------------------------------------------
bits 64

; Paging is on and the CPU runs at the physical address of this code, through the identity map.
global boot64_low
boot64_low:
	mov rax, boot64_high
	jmp rax

; void x86_64_start_kernel(u32 magic, u64 info), never returns.
; Now at the linked address. IF = 0, CR3 = boot_pml4.
global boot64_high
boot64_high:
	lgdt [boot_gdt_ptr64]			; the tables' linked addresses, so that the identity map can go
	lidt [boot_idt_ptr64]
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov fs, eax
	mov gs, eax
	mov eax, KERNEL_DS_ASM
	mov ss, eax
	mov rsp, init_stack + THREAD_SIZE_ASM - 512

	; GS base 0: per-CPU variables mean the template itself, until setup_per_cpu_areas().
	mov ecx, MSR_GS_BASE_ASM
	xor eax, eax
	xor edx, edx
	wrmsr
	mov ecx, MSR_KERNEL_GS_BASE_ASM
	wrmsr

	mov edi, esi				; magic
	mov esi, ebx				; records
	xor ebp, ebp				; the end of every backtrace
	push rbp				; and a return address that is none
	jmp x86_64_start_kernel

; ---- data ---------------------------------------------------------------------------------------------------------------------

section .init.data alloc noexec write align=16
	align 8
global boot_gdt, boot_gdt_ptr64, boot_idt_ptr64	; the other CPUs' too: trampoline.asm
boot_gdt:					; same selectors as the per-CPU GDT: asm/segment.h
	dq 0
	dq 0x00cf9b000000ffff			; 08h: 32-bit code
	dq 0x00af9b000000ffff			; 10h: 64-bit code
	dq 0x00cf93000000ffff			; 18h: data
boot_gdt_end:
boot_gdt_ptr:
	dw boot_gdt_end - boot_gdt - 1
	dd PHYS(boot_gdt)
boot_gdt_ptr64:
	dw boot_gdt_end - boot_gdt - 1
	dq boot_gdt
boot_idt_ptr:
	dw 256 * 16 - 1
	dd PHYS(idt_table)
boot_idt_ptr64:
	dw 256 * 16 - 1
	dq idt_table

msg_loader:	db "Primer: the loader is neither Multiboot2 (GRUB's multiboot2 command) nor PVH (QEMU's -kernel).", 13, 10, 0
msg_cpuid:	db "Primer: this CPU has no CPUID instruction; an x86-64 CPU is needed.", 13, 10, 0
msg_long_mode:	db "Primer: this CPU has no long mode; an x86-64 CPU is needed.", 13, 10, 0
msg_nx:		db "Primer: this CPU cannot forbid execution of pages (NX); if the firmware setup can enable it, do.", 13, 10, 0
msg_sse:	db "Primer: this CPU lacks one of FXSAVE, SSE, SSE2, PGE, PAT, which every x86-64 CPU has.", 13, 10, 0

section .init.data..page_aligned alloc noexec write align=4096
global boot_pml4
boot_pml4:	times 512 dq 0
boot_pdpt_low:	times 512 dq 0
boot_pdpt_high:	times 512 dq 0
boot_pd0:	times 4 * 512 dq 0
