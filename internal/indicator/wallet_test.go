package indicator

import (
	"slices"
	"strings"
	"testing"
)

func TestWallet(t *testing.T) {
	t.Parallel()
	btc, ltc, both := []Network{Bitcoin}, []Network{Litecoin}, []Network{Bitcoin, Litecoin}
	evm, tron, sol := []Network{EVM}, []Network{Tron}, []Network{Solana}
	tests := []struct {
		name, address string
		networks      []Network
		sum           Sum
	}{
		{"BTC legacy", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", btc, SumValid},
		{"BTC legacy, one letter wrong", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", btc, SumBroken},
		{"BTC legacy, two letters swapped", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfaN", btc, SumBroken},
		{"BTC or LTC script", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", both, SumValid},
		{"BTC testnet legacy", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", btc, SumTestnet},
		{"BTC segwit v0, capitals", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", btc, SumValid},
		{"BTC segwit v0", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", btc, SumValid},
		{"BTC segwit v0, one letter wrong", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", btc, SumBroken},
		{"BTC segwit v0, mixed case", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", btc, SumBroken},
		{"BTC segwit v1 by bech32m", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", btc, SumValid},
		{"BTC segwit v1 by bech32", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", btc, SumBroken},
		{"BTC segwit v16 of two bytes", "BC1SW50QGDZ25J", btc, SumValid},
		{"BTC segwit v2", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", btc, SumValid},
		{"BTC segwit of one byte", "bc1pw5dgrnzv", btc, SumBroken},
		{"BTC segwit, letter that bech32 has not", "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", btc, SumBroken},
		{"BTC segwit without data", "bc1gmk9yu", btc, SumBroken},
		{"BTC testnet segwit", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", btc, SumTestnet},
		{"LTC segwit", "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", ltc, SumValid},
		{"LTC segwit with the name of BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", btc, SumBroken},
		{"EVM 1", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", evm, SumValid},
		{"EVM 2", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", evm, SumValid},
		{"EVM 3", "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", evm, SumValid},
		{"EVM 4", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", evm, SumValid},
		{"EVM, one letter's case wrong", "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", evm, SumBroken},
		{"EVM in lower case", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", evm, SumUnchecked},
		{"EVM in capitals", "0x52908400098527886E0F7030069857D2E4169EE7", evm, SumUnchecked},
		{"EVM too short", "0x52908400098527886E0F7030069857D2E4169EE", nil, SumUnknown},
		{"TRON", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", tron, SumValid},
		{"TRON, one letter wrong", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", tron, SumBroken},
		{"SOL", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", sol, SumUnchecked},
		{"SOL, one letter wrong", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1w", sol, SumUnchecked},
		{"SOL of zeros", strings.Repeat("1", 32), sol, SumUnchecked},
		{"kept as typed: another coin", "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A", nil, SumUnknown},
		{"kept as typed: an IBAN", "DE89370400440532013000", nil, SumUnknown},
		{"nothing", "", nil, SumUnknown},
		{"a word", "bitcoin", nil, SumUnknown},
	}
	for _, tt := range tests {
		got := CheckWallet(tt.address)
		if got.Sum != tt.sum || !slices.Equal(got.Networks, tt.networks) {
			t.Errorf("%s: got %v, want %v %s", tt.name, got, tt.networks, tt.sum)
		}
	}
}

// Every single change of a checked address is caught, or makes it one of another form.
func TestWalletEveryChange(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
		"ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
	} {
		for i := range len(address) {
			for _, c := range []byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				changed := address[:i] + string(c) + address[i+1:]
				if changed != address && CheckWallet(changed).Sum == SumValid {
					t.Errorf("%s is valid, a change of %s", changed, address)
				}
			}
		}
	}
}

// Whatever a wallet check knows, the search of texts finds.
func TestFindFindsWallets(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		"BC1SW50QGDZ25J", "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "EPjFWdd5AufqSSqeMhqNxxzybapCeGfwEGGkZwyTDthv", "EPjFWddSAufqSSqeMhqNxxzybapCeGfwEGGkZwyTDthv",
	} {
		spans := Find("Send it to " + address + ", please.")
		if len(spans) != 1 || spans[0].Kind != Wallet {
			t.Errorf("%s: got %v", address, spans)
		}
	}
}

func FuzzWallet(f *testing.F) {
	for _, s := range []string{"", "1", "bc1", "0x", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := CheckWallet(s)
		if (a.Sum == SumUnknown) != (len(a.Networks) == 0) {
			t.Errorf("%q: got %v", s, a)
		}
		if a.Sum == SumValid && len(s) > 90 {
			t.Errorf("%q is valid", s)
		}
	})
}
