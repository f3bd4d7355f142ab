package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type rpc struct {
	url    string
	client *http.Client
}

func newRPC(url string, connections int) rpc {
	transport := &http.Transport{MaxIdleConnsPerHost: connections + 2}
	return rpc{url, &http.Client{Transport: transport, Timeout: 60 * time.Second}}
}

// call posts one JSON-RPC 2.0 request and decodes its result.
func (r rpc) call(method string, params any, into any) error {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	answer, err := r.client.Post(r.url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var reply struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
			Data    any    `json:"data"`
		} `json:"error"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil {
		return err
	}
	if reply.Error != nil {
		return fmt.Errorf("%s: %v", reply.Error.Message, reply.Error.Data)
	}
	return json.Unmarshal(reply.Result, into)
}

type comet struct{ rpc }

func newComet(url string, connections int) chain { return comet{newRPC(url, connections)} }

func (c comet) send(raw []byte) (string, error) {
	var answer struct {
		Code uint32 `json:"code"`
		Log  string `json:"log"`
	}
	if err := c.call("broadcast_tx_sync", map[string]string{"tx": base64.StdEncoding.EncodeToString(raw)}, &answer); err != nil {
		return "", err
	}
	if answer.Code != 0 {
		return "", fmt.Errorf("code %d %s", answer.Code, answer.Log)
	}
	return key(raw), nil
}

func (c comet) block(height int64) ([]string, bool, error) {
	var answer struct {
		Block struct {
			Data struct {
				Txs []string `json:"txs"`
			} `json:"data"`
		} `json:"block"`
	}
	if err := c.call("block", map[string]string{"height": strconv.FormatInt(height, 10)}, &answer); err != nil {
		return nil, false, err // it is not there yet
	}
	keys := make([]string, 0, len(answer.Block.Data.Txs))
	for _, one := range answer.Block.Data.Txs {
		raw, err := base64.StdEncoding.DecodeString(one)
		if err != nil {
			return nil, false, err
		}
		keys = append(keys, key(raw))
	}
	return keys, true, nil
}

func (c comet) height() (int64, error) {
	var answer struct {
		Sync struct {
			Height string `json:"latest_block_height"`
		} `json:"sync_info"`
	}
	if err := c.call("status", map[string]string{}, &answer); err != nil {
		return 0, err
	}
	return strconv.ParseInt(answer.Sync.Height, 10, 64)
}

func key(raw []byte) string {
	sum := sha256.Sum256(raw)
	return string(sum[:])
}

type ethereum struct{ rpc }

func newEthereum(url string, connections int) chain { return ethereum{newRPC(url, connections)} }

func (e ethereum) send(raw []byte) (string, error) {
	var hash string
	err := e.call("eth_sendRawTransaction", []string{"0x" + hex.EncodeToString(raw)}, &hash)
	return hash, err
}

func (e ethereum) block(height int64) ([]string, bool, error) {
	var answer *struct {
		Transactions []string `json:"transactions"`
	}
	if err := e.call("eth_getBlockByNumber", []any{"0x" + strconv.FormatInt(height, 16), false}, &answer); err != nil {
		return nil, false, err
	}
	if answer == nil {
		return nil, false, nil
	}
	return answer.Transactions, true, nil
}

func (e ethereum) height() (int64, error) {
	var answer string
	if err := e.call("eth_blockNumber", []string{}, &answer); err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimPrefix(answer, "0x"), 16, 64)
}
