; SPDX-License-Identifier: GPL-2.0-only
;
; kernel/x86/uaccess.asm - copies to and from user memory whose every access may fault.
;
; The callers (uaccess.c) have checked the address range. When an access faults and the page fault handler cannot help, it
; finds the instruction in __ex_table and continues at the fixup, which computes how many bytes are left. No fixup knows
; more than the registers of the string instruction: rcx units are left, each access is all or nothing.

%include "generated/asm-offsets.inc"
%include "kernel/entry/calling.inc"

%macro EXTABLE 2
section __ex_table alloc noexec nowrite align=4
	dd %1 - $
	dd %2 - $
section .text
%endmacro

section .text
bits 64

; unsigned long __copy_user(void *to, const void *from, unsigned long n): returns how many bytes were not copied.
; On entry: AC = 0. Up to 15 bytes beyond the eights are copied one at a time; a fault among the eights is retried in bytes,
; so that the count returned is exact.
global __copy_user
__copy_user:
	SMAP_PATCHED 1, .text
	mov rcx, rdx
	shr rcx, 3
	jz .tail
.eights:
	rep movsq
.tail:	mov ecx, edx
	and ecx, 7
	jz .done
.bytes:	rep movsb
.done:	SMAP_PATCHED 0, .text
	xor eax, eax
	ret
.fault_eights:					; rcx eights and the tail are left: byte by byte up to the fault
	and edx, 7
	lea rcx, [rdx + rcx * 8]
.retry:	rep movsb
	SMAP_PATCHED 0, .text
	xor eax, eax
	ret
.fault_bytes:
	SMAP_PATCHED 0, .text
	mov rax, rcx
	ret
EXTABLE .eights, .fault_eights
EXTABLE .bytes, .fault_bytes
EXTABLE .retry, .fault_bytes

; unsigned long __clear_user(void *to, unsigned long n): returns how many bytes were not zeroed.
global __clear_user
__clear_user:
	SMAP_PATCHED 1, .text
	xor eax, eax
	mov rcx, rsi
	shr rcx, 3
	jz .tail
.eights:
	rep stosq
.tail:	mov ecx, esi
	and ecx, 7
	jz .done
.bytes:	rep stosb
.done:	SMAP_PATCHED 0, .text
	xor eax, eax
	ret
.fault_eights:
	and esi, 7
	lea rcx, [rsi + rcx * 8]
.retry:	rep stosb
	SMAP_PATCHED 0, .text
	xor eax, eax
	ret
.fault_bytes:
	SMAP_PATCHED 0, .text
	mov rax, rcx
	ret
EXTABLE .eights, .fault_eights
EXTABLE .bytes, .fault_bytes
EXTABLE .retry, .fault_bytes

; int __rdmsr_safe(u32 msr, u64 *val): 0, or -EIO when the read raises #GP.
global __rdmsr_safe
__rdmsr_safe:
	mov ecx, edi
.read:	rdmsr
	shl rdx, 32
	or rax, rdx
	mov [rsi], rax
	xor eax, eax
	ret
.fault:	mov eax, -5
	ret
EXTABLE .read, .fault

; int __copy_from_kernel_nofault(void *dst, const void *src, unsigned long n): 0 or -EFAULT.
global __copy_kernel_nofault
__copy_kernel_nofault:
	mov rcx, rdx
.bytes:	rep movsb
	xor eax, eax
	ret
.fault:	mov eax, -14
	ret
EXTABLE .bytes, .fault
