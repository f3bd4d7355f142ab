"""The embedded ledger in a process of its own: it makes and executes blocks, the server keeps a copy of the state.

| module   | in                | what                                                                  |
|----------|-------------------|-----------------------------------------------------------------------|
| `wire`   | both              | messages over a pair of sockets                                       |
| `serve`  | the executor      | an `EmbeddedLedger` that answers a wire                               |
| `shadow` | the server        | the state as of the last block it was told of, over the last checkpoint |
| `child`  | the server        | the process: started, ended                                           |
| `session` | the server        | questions and answers                                                 |
| `ledger` | the server        | the `Ledger` port                                                     |
"""

from salus.ledger.apart.ledger import ApartLedger

__all__ = ["ApartLedger"]
