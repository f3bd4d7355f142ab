// Command ethereum prepares a Clique network for geth and signs the transactions that are posted to it.
//
//	ethereum network FOLDER NODES PERIOD      keys, enodes and genesis, as JSON on the output
//	ethereum deploy FOLDER URL CODE           deploys the contract of that bytecode; says its address
//	ethereum sign FOLDER CONTRACT COUNT FILE  signed calls of grant(bytes32,address,uint64), for `load`
package main

import (
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
)

const (
	chainID = 20261
	senders = 200 // accounts that grant in turn, each with nonces of its own
	gas     = 200_000
)

func main() {
	commands := map[string]func([]string) error{"network": network, "deploy": deploy, "sign": sign}
	command, ok := commands[strings.Join(os.Args[1:min(2, len(os.Args))], "")]
	if !ok {
		fmt.Fprintln(os.Stderr, "ethereum: network, deploy or sign")
		os.Exit(2)
	}
	if err := command(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "ethereum:", err)
		os.Exit(1)
	}
}

// key returns the key of a name: the network lives as long as a benchmark.
func key(kind string, number int) *ecdsa.PrivateKey {
	made, err := crypto.ToECDSA(crypto.Keccak256([]byte(kind + strconv.Itoa(number))))
	if err != nil {
		panic(err)
	}
	return made
}

func address(private *ecdsa.PrivateKey) common.Address { return crypto.PubkeyToAddress(private.PublicKey) }

func network(args []string) error {
	folder := args[0]
	nodes, period := number(args[1]), number(args[2])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var signers, enodes []string
	alloc := map[string]map[string]string{}
	for i := range nodes {
		signer, node := key("signer", i), key("node", i)
		signers = append(signers, strings.ToLower(address(signer).Hex()))
		public := hex.EncodeToString(crypto.FromECDSAPub(&node.PublicKey)[1:])
		enodes = append(enodes, "enode://"+public)
		for name, one := range map[string]*ecdsa.PrivateKey{"signer": signer, "node": node} {
			text := hex.EncodeToString(crypto.FromECDSA(one))
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.key", name, i)), []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	rich := map[string]string{"balance": "0x200000000000000000000000000000000000000000000000000000000000000"}
	for i := range senders {
		alloc[strings.ToLower(address(key("sender", i)).Hex())] = rich
	}
	alloc[strings.ToLower(address(key("owner", 0)).Hex())] = rich
	sorted := append([]string{}, signers...)
	for i := range sorted { // Clique lists its signers in ascending order
		for j := i + 1; j < len(sorted); j++ {
			if sorted[j] < sorted[i] {
				sorted[i], sorted[j] = sorted[j], sorted[i]
			}
		}
	}
	extra := "0x" + strings.Repeat("00", 32)
	for _, one := range sorted {
		extra += one[2:]
	}
	extra += strings.Repeat("00", 65)
	config := map[string]any{"chainId": chainID, "clique": map[string]int{"period": period, "epoch": 30000}}
	for _, fork := range []string{
		"homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul", "berlin", "london",
	} {
		config[fork+"Block"] = 0
	}
	genesis := map[string]any{
		"config": config, "difficulty": "1", "gasLimit": "800000000", "extradata": extra, "alloc": alloc,
		"baseFeePerGas": "0x1",
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"signers": signers, "enodes": enodes, "genesis": genesis, "chain": chainID})
}

func deploy(args []string) error {
	client, err := ethclient.Dial(args[1])
	if err != nil {
		return err
	}
	owner, code := key("owner", 0), common.FromHex(strings.TrimSpace(args[2]))
	signed, err := types.SignNewTx(owner, types.NewEIP155Signer(big.NewInt(chainID)), &types.LegacyTx{
		GasPrice: big.NewInt(10_000_000_000), Gas: 2_000_000, Data: code,
	})
	if err != nil {
		return err
	}
	if err := client.SendTransaction(context.Background(), signed); err != nil {
		return err
	}
	for range 120 {
		receipt, err := client.TransactionReceipt(context.Background(), signed.Hash())
		if err == nil && receipt.Status == types.ReceiptStatusSuccessful {
			fmt.Println(receipt.ContractAddress.Hex())
			return nil
		}
		time.Sleep(250 * time.Millisecond)
	}
	return fmt.Errorf("the contract was not deployed in 30 seconds")
}

func sign(args []string) error {
	contract, count := common.HexToAddress(args[1]), number(args[2])
	file, err := os.Create(args[3])
	if err != nil {
		return err
	}
	defer file.Close()
	signer := types.NewEIP155Signer(big.NewInt(chainID))
	selector := crypto.Keccak256([]byte("grant(bytes32,address,uint64)"))[:4]
	first := 0
	if len(args) > 4 {
		first = number(args[4]) // how many were signed before, so that nonces go on
	}
	for i := first; i < first+count; i++ {
		sender := key("sender", i%senders)
		record := crypto.Keccak256([]byte("record" + strconv.Itoa(i)))
		viewer := common.LeftPadBytes(address(key("viewer", i%997)).Bytes(), 32)
		until := common.LeftPadBytes(big.NewInt(2_000_000_000).Bytes(), 32)
		data := append(append(append(append([]byte{}, selector...), record...), viewer...), until...)
		signed, err := types.SignNewTx(sender, signer, &types.LegacyTx{
			Nonce: uint64(i / senders), GasPrice: big.NewInt(10_000_000_000), Gas: gas, To: &contract, Data: data,
		})
		if err != nil {
			return err
		}
		raw, err := signed.MarshalBinary()
		if err != nil {
			return err
		}
		head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), 1)
		if _, err := file.Write(append(head, raw...)); err != nil {
			return err
		}
	}
	return nil
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}
