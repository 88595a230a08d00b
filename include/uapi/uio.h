/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/uio.h - a piece of memory in a list of such, for readv() and writev(). */
#ifndef UAPI_UIO_H
#define UAPI_UIO_H

struct iovec {
	void		*iov_base;
	unsigned long	iov_len;	/* bytes */
};

#define UIO_FASTIOV	8
#define UIO_MAXIOV	1024

#endif
