package main

import (
	"crypto/sha512"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"

	"github.com/cometbft/cometbft/crypto/ed25519"
)

// lowOrder are the points of low order in every encoding, and one that is no point.
var lowOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"0200000000000000000000000000000000000000000000000000000000000000",
}

func point(encoded []byte) *curve.EdwardsPoint {
	made := curve.NewEdwardsPoint()
	if err := made.UnmarshalBinary(encoded); err != nil {
		panic(err)
	}
	return made
}

func wide(parts ...[]byte) *scalar.Scalar {
	hash := sha512.New()
	for _, part := range parts {
		hash.Write(part)
	}
	return must(scalar.NewFromBytesModOrderWide(hash.Sum(nil)))
}

func scalarBytes(one *scalar.Scalar) []byte { return must(one.MarshalBinary()) }

func pointBytes(one *curve.EdwardsPoint) []byte { return must(one.MarshalBinary()) }

// signatures asks about signatures that the libraries of the world answer differently.
func signatures(d draw) []row {
	rows := []row{}
	ask := func(name string, public, message, signature []byte) {
		rows = append(rows, row{
			"name":      name,
			"public":    shown(public),
			"message":   shown(message),
			"signature": shown(signature),
			"valid":     ed25519.PubKey(public).VerifySignature(message, signature),
		})
	}
	message := []byte("salus")
	for _, a := range lowOrder {
		for _, r := range lowOrder {
			ask("low order", unhex(a), message, append(unhex(r), make([]byte, 32)...))
		}
	}
	torsion := curve.NewEdwardsPoint().Identity()
	eighth := point(unhex(lowOrder[12]))
	for i := range 8 {
		other := curve.NewEdwardsPoint().Identity()
		for j := range 8 {
			secret, nonce := wide(d.bytes(32)), wide(d.bytes(32))
			public := curve.NewEdwardsPoint().MulBasepoint(curve.ED25519_BASEPOINT_TABLE, secret)
			commitment := curve.NewEdwardsPoint().MulBasepoint(curve.ED25519_BASEPOINT_TABLE, nonce)
			public.Add(public, torsion)
			commitment.Add(commitment, other)
			a, r := pointBytes(public), pointBytes(commitment)
			s := scalar.New().Mul(wide(r, a, message), secret)
			s.Add(s, nonce)
			signature := append(r, scalarBytes(s)...)
			ask("torsion", a, message, signature)
			if i*j%3 == 1 {
				ask("torsion, other message", a, []byte("other"), signature)
				above := append([]byte{}, signature...)
				addOrder(above[32:])
				ask("torsion, s not reduced", a, message, above)
			}
			other.Add(other, eighth)
		}
		torsion.Add(torsion, eighth)
	}
	for range 8 {
		key := d.key()
		public, signature := key.PubKey().Bytes(), must(key.Sign(message))
		ask("ordinary", public, message, signature)
		ask("ordinary, other message", public, []byte("other"), signature)
		for _, at := range []int{0, 31, 32, 63} {
			forged := append([]byte{}, signature...)
			forged[at] ^= 1 << d.Intn(8)
			ask("ordinary, a bit changed", public, message, forged)
		}
		above := append([]byte{}, signature...)
		addOrder(above[32:])
		ask("ordinary, s not reduced", public, message, above)
		ask("ordinary, 63 bytes", public, message, signature[:63])
		ask("ordinary, 65 bytes", public, message, append(signature, 0))
	}
	return rows
}

// addOrder adds the order of the group to a scalar, little-endian.
func addOrder(s []byte) {
	order := unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range s {
		carry += int(s[i]) + int(order[i])
		s[i] = byte(carry)
		carry >>= 8
	}
}
