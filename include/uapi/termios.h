/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/termios.h - the settings of a terminal: what TCGETS and TCSETS carry. */
#ifndef UAPI_TERMIOS_H
#define UAPI_TERMIOS_H

#define NCCS	19

struct termios {
	unsigned int c_iflag;		/* input */
	unsigned int c_oflag;		/* output */
	unsigned int c_cflag;		/* line */
	unsigned int c_lflag;		/* editing, echo, signals */
	unsigned char c_line;		/* line discipline */
	unsigned char c_cc[NCCS];	/* special characters */
};

/* c_cc */
#define VINTR		0
#define VQUIT		1
#define VERASE		2
#define VKILL		3
#define VEOF		4
#define VTIME		5
#define VMIN		6
#define VSWTC		7
#define VSTART		8
#define VSTOP		9
#define VSUSP		10
#define VEOL		11
#define VREPRINT	12
#define VDISCARD	13
#define VWERASE		14
#define VLNEXT		15
#define VEOL2		16

/* c_iflag */
#define IGNBRK	0000001
#define BRKINT	0000002
#define IGNPAR	0000004
#define PARMRK	0000010
#define INPCK	0000020
#define ISTRIP	0000040
#define INLCR	0000100		/* input: NL becomes CR */
#define IGNCR	0000200		/* CR is dropped */
#define ICRNL	0000400		/* CR becomes NL */
#define IUCLC	0001000
#define IXON	0002000
#define IXANY	0004000
#define IXOFF	0010000
#define IMAXBEL	0020000
#define IUTF8	0040000

/* c_oflag */
#define OPOST	0000001		/* do any of these */
#define OLCUC	0000002
#define ONLCR	0000004		/* output: NL becomes CR NL */
#define OCRNL	0000010
#define ONOCR	0000020
#define ONLRET	0000040

/* c_cflag */
#define CBAUD	0010017
#define B9600	0000015
#define B38400	0000017
#define B115200	0010002
#define CSIZE	0000060
#define CS8	0000060
#define CSTOPB	0000100
#define CREAD	0000200
#define PARENB	0000400
#define PARODD	0001000
#define HUPCL	0002000
#define CLOCAL	0004000

/* c_lflag */
#define ISIG	0000001
#define ICANON	0000002		/* lines, with editing */
#define XCASE	0000004
#define ECHO	0000010
#define ECHOE	0000020
#define ECHOK	0000040
#define ECHONL	0000100
#define NOFLSH	0000200
#define TOSTOP	0000400
#define ECHOCTL	0001000
#define ECHOPRT	0002000
#define ECHOKE	0004000
#define FLUSHO	0010000
#define PENDIN	0040000
#define IEXTEN	0100000
#define EXTPROC	0200000

#endif
