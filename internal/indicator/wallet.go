package indicator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"

	"golang.org/x/crypto/sha3"
)

// Network is where an address may belong.
type Network string

// The networks whose addresses are checked. EVM is Ethereum and every chain with addresses of
// the same form.
const (
	Bitcoin  Network = "btc"
	Litecoin Network = "ltc"
	EVM      Network = "evm"
	Tron     Network = "tron"
	Solana   Network = "sol"
)

// Sum is what an address's own check says.
type Sum string

// The results.
const (
	SumValid     Sum = "valid"
	SumUnchecked Sum = "unchecked" // the form is right, and has no check in it
	SumBroken    Sum = "broken"    // the form is right and the check is wrong: mistyped or made up
	SumTestnet   Sum = "testnet"   // money without worth
	SumUnknown   Sum = "unknown"   // no form that we know; kept as typed
)

// Address is what is known of an address from its letters alone. Several networks mean that it
// cannot be told which; ask. It is never corrected.
type Address struct {
	Networks []Network
	Sum      Sum
}

// CheckWallet checks an address as it was typed, without spaces around it.
func CheckWallet(s string) Address {
	if a, ok := evm(s); ok {
		return a
	}
	if a, ok := segwit(s); ok {
		return a
	}
	return base58(s)
}

func evm(s string) (Address, bool) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok || len(digits) != 40 {
		return Address{}, false
	}
	if _, err := hex.DecodeString(digits); err != nil {
		return Address{}, false
	}
	a := Address{Networks: []Network{EVM}, Sum: SumUnchecked}
	lower := strings.ToLower(digits)
	if digits == lower || digits == strings.ToUpper(digits) {
		return a, true
	}
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(lower))
	sum := hex.EncodeToString(h.Sum(nil))
	a.Sum = SumValid
	for i := range len(digits) { // EIP-55
		want := lower[i : i+1]
		if sum[i] >= '8' {
			want = strings.ToUpper(want)
		}
		if digits[i:i+1] != want {
			a.Sum = SumBroken
		}
	}
	return a, true
}

const (
	bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	bech32Const    = 1
	bech32mConst   = 0x2bc830a3
)

// segwit checks BIP-173 and BIP-350 addresses of Bitcoin and Litecoin.
func segwit(s string) (Address, bool) {
	lower := strings.ToLower(s)
	i := strings.LastIndexByte(lower, '1')
	if i < 0 {
		return Address{}, false
	}
	a := Address{Sum: SumBroken}
	switch lower[:i] {
	case "bc":
		a.Networks = []Network{Bitcoin}
	case "ltc":
		a.Networks = []Network{Litecoin}
	case "tb", "bcrt":
		a.Networks = []Network{Bitcoin}
	case "tltc":
		a.Networks = []Network{Litecoin}
	default:
		return Address{}, false
	}
	if s != lower && s != strings.ToUpper(s) || len(s) > 90 || !segwitSum(lower[:i], lower[i+1:]) {
		return a, true
	}
	a.Sum = SumValid
	if lower[0] == 't' || lower[:i] == "bcrt" {
		a.Sum = SumTestnet
	}
	return a, true
}

// segwitSum checks the data part: witness version, program length, checksum.
func segwitSum(hrp, data string) bool {
	var values []byte
	for _, c := range []byte(data) {
		v := strings.IndexByte(bech32Alphabet, c)
		if v < 0 {
			return false
		}
		values = append(values, byte(v))
	}
	if len(values) < 1+6 {
		return false
	}
	version := values[0]
	want := uint32(bech32mConst)
	if version == 0 {
		want = bech32Const
	}
	if version > 16 || polymod(hrp, values) != want {
		return false
	}
	program, ok := regroup(values[1 : len(values)-6])
	if !ok || len(program) < 2 || len(program) > 40 {
		return false
	}
	return version != 0 || len(program) == 20 || len(program) == 32
}

func polymod(hrp string, values []byte) uint32 {
	var expanded []byte
	for _, c := range []byte(hrp) {
		expanded = append(expanded, c>>5)
	}
	expanded = append(expanded, 0)
	for _, c := range []byte(hrp) {
		expanded = append(expanded, c&31)
	}
	sum := uint32(1)
	for _, v := range append(expanded, values...) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}

// regroup turns groups of five bits into bytes; what is left over must be short and zero.
func regroup(values []byte) ([]byte, bool) {
	var out []byte
	acc, bits := uint32(0), 0
	for _, v := range values {
		acc = acc<<5 | uint32(v)
		if bits += 5; bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
			acc &= 1<<bits - 1
		}
	}
	return out, bits < 5 && acc == 0
}

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58 checks Base58Check addresses of Bitcoin, Litecoin and Tron, and Solana's, which are
// 32 bytes without a check.
func base58(s string) Address {
	raw, ok := decode58(s)
	switch {
	case ok && len(raw) == 32:
		return Address{Networks: []Network{Solana}, Sum: SumUnchecked}
	case !ok || len(raw) != 25:
		return Address{Sum: SumUnknown}
	}
	a := Address{Sum: SumValid}
	switch raw[0] {
	case 0x00:
		a.Networks = []Network{Bitcoin}
	case 0x05:
		a.Networks = []Network{Bitcoin, Litecoin}
	case 0x30, 0x32:
		a.Networks = []Network{Litecoin}
	case 0x41:
		a.Networks = []Network{Tron}
	case 0x6f, 0xc4:
		a.Networks, a.Sum = []Network{Bitcoin}, SumTestnet
	default:
		return Address{Sum: SumUnknown}
	}
	once := sha256.Sum256(raw[:21])
	twice := sha256.Sum256(once[:])
	if !bytes.Equal(twice[:4], raw[21:]) {
		a.Sum = SumBroken
	}
	return a
}

// decode58 decodes at most 64 characters.
func decode58(s string) ([]byte, bool) {
	if s == "" || len(s) > 64 {
		return nil, false
	}
	n, radix := new(big.Int), big.NewInt(58)
	for _, c := range []byte(s) {
		v := strings.IndexByte(base58Alphabet, c)
		if v < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, radix), big.NewInt(int64(v)))
	}
	zeros := len(s) - len(strings.TrimLeft(s, "1"))
	return append(make([]byte, zeros), n.Bytes()...), true
}
