/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/user/hello.c - the first program of every book, through the C library's buffered output. */
#include <stdio.h>

int main(void)
{
	printf("hello, world\n");
	return 0;
}
