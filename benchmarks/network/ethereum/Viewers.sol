// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Who may view a record, and until when: the least that a contract of permissions can do.
contract Viewers {
    mapping(bytes32 => address) public owners;
    mapping(bytes32 => mapping(address => uint64)) public viewers;

    event Granted(bytes32 indexed record, address indexed viewer, uint64 until);

    error NotTheOwner();

    /// The first who grants a view of a record owns it; nobody else grants any after that.
    function grant(bytes32 record, address viewer, uint64 until) external {
        address owner = owners[record];
        if (owner == address(0)) {
            owners[record] = msg.sender;
        } else if (owner != msg.sender) {
            revert NotTheOwner();
        }
        viewers[record][viewer] = until;
        emit Granted(record, viewer, until);
    }

    function revoke(bytes32 record, address viewer) external {
        if (owners[record] != msg.sender) {
            revert NotTheOwner();
        }
        delete viewers[record][viewer];
        emit Granted(record, viewer, 0);
    }
}
