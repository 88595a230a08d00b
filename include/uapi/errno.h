/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/uapi/errno.h - the error numbers of Linux on x86-64.
 *
 * A system call returns -Exxx in rax; the C library negates it into errno. The numbers are ABI: programs compare
 * against them. The gaps at 41 and 58 are older spellings, EWOULDBLOCK and EDEADLOCK, that became names of 11 and 35.
 */
#ifndef UAPI_ERRNO_H
#define UAPI_ERRNO_H

#define EPERM			1	/* Operation not permitted */
#define ENOENT			2	/* No such file or directory */
#define ESRCH			3	/* No such process */
#define EINTR			4	/* A signal came first */
#define EIO			5	/* Input or output failed */
#define ENXIO			6	/* No such device or address */
#define E2BIG			7	/* Argument list too long */
#define ENOEXEC			8	/* Not a format we can execute */
#define EBADF			9	/* Not an open file descriptor */
#define ECHILD			10	/* No child to wait for */
#define EAGAIN			11	/* Try again */
#define ENOMEM			12	/* Out of memory */
#define EACCES			13	/* Permission denied */
#define EFAULT			14	/* Bad address */
#define ENOTBLK			15	/* Block device required */
#define EBUSY			16	/* In use */
#define EEXIST			17	/* Exists already */
#define EXDEV			18	/* Link across file systems */
#define ENODEV			19	/* No such device */
#define ENOTDIR			20	/* Not a directory */
#define EISDIR			21	/* Is a directory */
#define EINVAL			22	/* Invalid argument */
#define ENFILE			23	/* Too many open files in the system */
#define EMFILE			24	/* Too many open files in the process */
#define ENOTTY			25	/* Not a terminal, or no such ioctl */
#define ETXTBSY			26	/* File is being executed */
#define EFBIG			27	/* File too large */
#define ENOSPC			28	/* No space left */
#define ESPIPE			29	/* Cannot seek */
#define EROFS			30	/* Read-only file system */
#define EMLINK			31	/* Too many links */
#define EPIPE			32	/* Nobody reads this pipe */
#define EDOM			33	/* Argument out of the function's domain */
#define ERANGE			34	/* Result does not fit */
#define EDEADLK			35	/* Would deadlock */
#define ENAMETOOLONG		36	/* Name too long */
#define ENOLCK			37	/* No locks left */
#define ENOSYS			38	/* No such system call */
#define ENOTEMPTY		39	/* Directory not empty */
#define ELOOP			40	/* Too many symbolic links */
#define EWOULDBLOCK		EAGAIN
#define ENOMSG			42
#define EIDRM			43
#define ECHRNG			44
#define EL2NSYNC		45
#define EL3HLT			46
#define EL3RST			47
#define ELNRNG			48
#define EUNATCH			49
#define ENOCSI			50
#define EL2HLT			51
#define EBADE			52
#define EBADR			53
#define EXFULL			54
#define ENOANO			55
#define EBADRQC			56
#define EBADSLT			57
#define EDEADLOCK		EDEADLK
#define EBFONT			59
#define ENOSTR			60
#define ENODATA			61	/* No data */
#define ETIME			62	/* Timer expired */
#define ENOSR			63
#define ENONET			64
#define ENOPKG			65
#define EREMOTE			66
#define ENOLINK			67
#define EADV			68
#define ESRMNT			69
#define ECOMM			70
#define EPROTO			71	/* Protocol error */
#define EMULTIHOP		72
#define EDOTDOT			73
#define EBADMSG			74	/* Damaged message */
#define EOVERFLOW		75	/* Value too large for its type */
#define ENOTUNIQ		76
#define EBADFD			77
#define EREMCHG			78
#define ELIBACC			79
#define ELIBBAD			80	/* Damaged shared library */
#define ELIBSCN			81
#define ELIBMAX			82
#define ELIBEXEC		83
#define EILSEQ			84	/* Illegal byte sequence */
#define ERESTART		85
#define ESTRPIPE		86
#define EUSERS			87	/* Too many users */
#define ENOTSOCK		88	/* Not a socket */
#define EDESTADDRREQ		89	/* No destination given */
#define EMSGSIZE		90	/* Message too long */
#define EPROTOTYPE		91	/* Wrong protocol for the socket */
#define ENOPROTOOPT		92	/* No such protocol option */
#define EPROTONOSUPPORT		93	/* Protocol not supported */
#define ESOCKTNOSUPPORT		94	/* Socket type not supported */
#define EOPNOTSUPP		95	/* Operation not supported */
#define EPFNOSUPPORT		96	/* Protocol family not supported */
#define EAFNOSUPPORT		97	/* Address family not supported */
#define EADDRINUSE		98	/* Address in use */
#define EADDRNOTAVAIL		99	/* Address not available */
#define ENETDOWN		100	/* Network is down */
#define ENETUNREACH		101	/* Network unreachable */
#define ENETRESET		102	/* Connection dropped by a reset */
#define ECONNABORTED		103	/* Connection aborted */
#define ECONNRESET		104	/* Connection reset by the peer */
#define ENOBUFS			105	/* No buffer space */
#define EISCONN			106	/* Already connected */
#define ENOTCONN		107	/* Not connected */
#define ESHUTDOWN		108
#define ETOOMANYREFS		109
#define ETIMEDOUT		110	/* Timed out */
#define ECONNREFUSED		111	/* Connection refused */
#define EHOSTDOWN		112
#define EHOSTUNREACH		113	/* No route to host */
#define EALREADY		114	/* Already in progress */
#define EINPROGRESS		115	/* Now in progress */
#define ESTALE			116	/* Stale file handle */
#define EUCLEAN			117	/* Structure needs cleaning */
#define ENOTNAM			118
#define ENAVAIL			119
#define EISNAM			120
#define EREMOTEIO		121
#define EDQUOT			122	/* Quota exceeded */
#define ENOMEDIUM		123
#define EMEDIUMTYPE		124
#define ECANCELED		125	/* Canceled */
#define ENOKEY			126
#define EKEYEXPIRED		127
#define EKEYREVOKED		128
#define EKEYREJECTED		129
#define EOWNERDEAD		130	/* The owner of the lock died */
#define ENOTRECOVERABLE		131	/* State cannot be recovered */
#define ERFKILL			132
#define EHWPOISON		133	/* Memory page has a hardware error */

#endif
