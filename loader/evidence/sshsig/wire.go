package sshsig

import "encoding/binary"

// packer writes SSH's wire format (RFC 4251, section 5).
type packer struct{ buf []byte }

func (p *packer) raw(b []byte)    { p.buf = append(p.buf, b...) }
func (p *packer) number(n uint32) { p.buf = binary.BigEndian.AppendUint32(p.buf, n) }
func (p *packer) text(s string)   { p.bytes([]byte(s)) }

func (p *packer) bytes(b []byte) {
	p.number(uint32(len(b)))
	p.raw(b)
}

// unpacker reads it. After a mistake it gives nothing, and done says so.
type unpacker struct {
	buf    []byte
	failed bool
}

func (u *unpacker) take(n int) []byte {
	if u.failed || n < 0 || n > len(u.buf) {
		u.failed = true
		return nil
	}
	taken := u.buf[:n]
	u.buf = u.buf[n:]
	return taken
}

func (u *unpacker) number() uint32 {
	b := u.take(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (u *unpacker) bytes() []byte { return u.take(int(u.number())) }

// done tells whether everything was read, and nothing was missing.
func (u *unpacker) done() bool { return !u.failed && len(u.buf) == 0 }
