; SPDX-License-Identifier: GPL-2.0-only
;
; tests/kunit/setjmp.asm - leave a test case from the middle of any function that it called.
;
; The calling convention splits the registers in two: those that a called function may change, which the caller has saved
; already if it needs them, and those that it must give back: rbx, rbp, r12-r15, rsp. Coming back a second time to a place
; that called a function therefore takes those seven and the return address: eight words, struct kunit_jump.
;
; Linux's KUnit runs each case in a kernel thread and ends the thread instead; that also survives a case that hangs.

	bits 64
	section .text

; int kunit_setjmp(struct kunit_jump *jump)
;
; On entry: rdi = jump; the return address is on the stack. On exit: rax = 0, nothing else changed.
; It "returns twice": a second time, with rax = 1, when kunit_longjmp() is called. The caller's frame must still exist.
global kunit_setjmp:function (kunit_setjmp.end - kunit_setjmp)
kunit_setjmp:
	pop	rdx			; the return address; rsp is now what the caller sees after the call
	mov	[rdi], rbx
	mov	[rdi + 8], rbp
	mov	[rdi + 16], r12
	mov	[rdi + 24], r13
	mov	[rdi + 32], r14
	mov	[rdi + 40], r15
	mov	[rdi + 48], rsp
	mov	[rdi + 56], rdx
	xor	eax, eax
	jmp	rdx
.end:

; void __noreturn kunit_longjmp(struct kunit_jump *jump)
;
; On entry: rdi = a record that kunit_setjmp() filled, on this same stack, further up. Does not return.
global kunit_longjmp:function (kunit_longjmp.end - kunit_longjmp)
kunit_longjmp:
	mov	rbx, [rdi]
	mov	rbp, [rdi + 8]
	mov	r12, [rdi + 16]
	mov	r13, [rdi + 24]
	mov	r14, [rdi + 32]
	mov	r15, [rdi + 40]
	mov	rsp, [rdi + 48]		; everything below is gone: no interrupt may still need it, and none does
	mov	eax, 1
	jmp	[rdi + 56]
.end:
