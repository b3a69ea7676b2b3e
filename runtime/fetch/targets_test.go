package fetch

import (
	"strings"
)

// hostileURLs are texts in the place of a URL that lead, or led some reader of
// URLs, into the machine or its network. P is the port of a listener on
// loopback. None of them may ever be dialled: neither when the flow is allowed
// another host, nor when the very host of the text is allowed.
func hostileURLs() []string {
	return []string{
		// Spellings of 127.0.0.1.
		"https://127.0.0.1:P/",
		"https://127.0.0.2:P/",
		"https://127.255.255.254:P/",
		"https://2130706433:P/",
		"https://017700000001:P/",
		"https://0x7f000001:P/",
		"https://0x7F.0x0.0x0.0x1:P/",
		"https://0177.0.0.1:P/",
		"https://0177.0x0.0.1:P/",
		"https://127.1:P/",
		"https://127.0.1:P/",
		"https://127.0.0.01:P/",
		"https://127.0.0.1.:P/",
		"https://127.0.0.0x1:P/",
		"https://127.0.0.256:P/",
		"https://0127.0.0.1:P/",
		"https://00000000000000000000177.1:P/",
		"https://4294967297:P/",
		"https://127.0.0.1%00:P/",
		"https://%31%32%37.0.0.1:P/",
		"https://127%2e0%2e0%2e1:P/",
		"https://127。0。0。1:P/",
		"https://127\uff0e0\uff0e0\uff0e1:P/",
		"https://127\uff610\uff610\uff611:P/",
		"https://①②⑦.⓪.⓪.①:P/",
		"https://\uff11\uff12\uff17.0.0.1:P/",
		"https://١٢٧.0.0.1:P/",
		// Spellings of ::1 and of what embeds 127.0.0.1.
		"https://[::1]:P/",
		"https://[0:0:0:0:0:0:0:1]:P/",
		"https://[0000::0001]:P/",
		"https://[::]:P/",
		"https://[::ffff:127.0.0.1]:P/",
		"https://[::ffff:7f00:1]:P/",
		"https://[0:0:0:0:0:ffff:127.0.0.1]:P/",
		"https://[::FFFF:127.0.0.1]:P/",
		"https://[::127.0.0.1]:P/",
		"https://[64:ff9b::127.0.0.1]:P/",
		"https://[64:ff9b::7f00:1]:P/",
		"https://[64:ff9b:1::7f00:1]:P/",
		"https://[2002:7f00:1::]:P/",
		"https://[2002:7f00:0001::1]:P/",
		"https://[2001::7f00:1]:P/",
		"https://[::1%25lo]:P/",
		"https://[::1%lo]:P/",
		"https://[fe80::1%eth0]:P/",
		"https://[fe80::1%25eth0]:P/",
		"https://[fe80::1]:P/",
		"https://[fc00::1]:P/",
		"https://[fd00:ec2::254]:P/",
		"https://[fec0::1]:P/",
		"https://[ff02::1]:P/",
		"https://[2001:db8::1]:P/",
		"https://[::1:P/",
		"https://::1:P/",
		"https://::1/",
		"https://[127.0.0.1]:P/",
		"https://[]:P/",
		"https://[::1].example.com:P/",
		"https://[::1]x:P/",
		"https://[v1.127]:P/",
		// Names of this machine.
		"https://localhost:P/",
		"https://LOCALHOST:P/",
		"https://LocalHost:P/",
		"https://localhost.:P/",
		"https://localhost..:P/",
		"https://localhost%2e:P/",
		"https://loc%61lhost:P/",
		"https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/",
		"https://localhoſt:P/",
		"https://lo\u00adcalhost:P/",
		"https://localhost\u200b:P/",
		"https://.localhost:P/",
		"https://-localhost:P/",
		"https://local_host:P/",
		"https://ip6-localhost:P/",
		"https://metadata.google.internal/",
		// Private and special networks, and the clouds' own addresses.
		"https://0.0.0.0:P/",
		"https://0:P/",
		"https://0.1.2.3:P/",
		"https://10.0.0.1:P/",
		"https://172.16.0.1:P/",
		"https://172.31.255.255:P/",
		"https://192.168.0.1:P/",
		"https://100.64.0.1:P/",
		"https://169.254.169.254/latest/meta-data/",
		"https://2852039166/latest/meta-data/",
		"https://0xA9FEA9FE/",
		"https://0251.0376.0251.0376/",
		"https://[::ffff:169.254.169.254]/",
		"https://[::ffff:a9fe:a9fe]/",
		"https://168.63.129.16/machine?comp=goalstate",
		"https://100.100.100.200/",
		"https://192.0.0.192/",
		"https://192.0.2.1:P/",
		"https://198.18.0.1:P/",
		"https://198.19.255.255:P/",
		"https://198.51.100.1:P/",
		"https://203.0.113.1:P/",
		"https://192.88.99.1:P/",
		"https://224.0.0.1:P/",
		"https://239.255.255.255:P/",
		"https://240.0.0.1:P/",
		"https://255.255.255.255:P/",
		// Users, backslashes and other ends of a host.
		"https://api.test@127.0.0.1:P/",
		"https://api.test:443@127.0.0.1:P/",
		"https://api.test%40127.0.0.1:P/",
		"https://api.test:@127.0.0.1:P/",
		"https://@127.0.0.1:P/",
		"https://127.0.0.1:P@api.test/",
		"https://127.0.0.1:P\\@api.test/",
		"https://api.test\\@127.0.0.1:P/",
		"https://api.test\\.127.0.0.1:P/",
		"https:\\\\127.0.0.1:P/",
		"https:/\\127.0.0.1:P/",
		"https://127.0.0.1:P#@api.test/",
		"https://api.test#@127.0.0.1:P/",
		"https://127.0.0.1:P;api.test/",
		"https://127.0.0.1:P,api.test/",
		"https://127.0.0.1:P api.test/",
		"https://127.0.0.1:P\tapi.test/",
		"https://127.0.0.1:P\r\nHost: api.test/",
		"https://127.0.0.1:P\x00.api.test/",
		"https://api.test\n127.0.0.1:P/",
		"https://api.test%0d%0a127.0.0.1:P/",
		"https://api.test&@127.0.0.1:P/",
		"https:// 127.0.0.1:P/",
		" https://127.0.0.1:P/",
		"https://127.0.0.1 :P/",
		// Ports.
		"https://127.0.0.1:0/",
		"https://127.0.0.1:00P/",
		"https://127.0.0.1:+P/",
		"https://127.0.0.1:-1/",
		"https://127.0.0.1:65536/",
		"https://127.0.0.1:P:443/",
		"https://127.0.0.1:443:P/",
		"https://127.0.0.1:/",
		"https://127.0.0.1:0xP/",
		"https://127.0.0.1:P%20/",
		"https://127.0.0.1:١٢/",
		"https://api.test:P/",
		"https://api.test:22/",
		"https://api.test:25/",
		"https://api.test:6379/",
		// Schemes, and no schemes.
		"http://127.0.0.1:P/",
		"http://api.test/",
		"file:///etc/passwd",
		"file://127.0.0.1:P/etc/passwd",
		"gopher://127.0.0.1:P/_GET%20/",
		"data:text/plain,hello",
		"dict://127.0.0.1:P/",
		"ftp://127.0.0.1:P/",
		"ldap://127.0.0.1:P/",
		"jar:https://127.0.0.1:P/!/",
		"javascript:alert(1)",
		"unix:///var/run/docker.sock",
		"//127.0.0.1:P/",
		"127.0.0.1:P/",
		"/etc/passwd",
		"https:127.0.0.1:P/",
		"https:///127.0.0.1:P/",
		"https:////127.0.0.1:P/",
		"https://",
		"https:///",
		"",
		"url:https://127.0.0.1:P/",
		"https://https://127.0.0.1:P/",
	}
}

// specialAddresses are the addresses to which a name must not lead: the first
// and last of each block that IANA's registries of special-purpose addresses
// hold, what embeds them, and the clouds' own.
func specialAddresses() []string {
	return strings.Fields(`
		0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255
		169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.31.255.255
		192.0.0.0 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.1 192.168.0.0 192.168.255.255
		198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255
		224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.255 168.63.129.16 100.100.100.200
		:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:127.0.0.1
		64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::1 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100::1 100:0:0:1::1
		2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
		2002:7f00:1::1 2002:a00:1::1 2002:a9fe:a9fe::1 2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
		4000::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff0e::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`)
}

// hostileLocations are where a host that is allowed, at port S of 127.0.0.1,
// may try to send a request. P is the port of the listener.
func hostileLocations() []string {
	return []string{
		"https://127.0.0.1:P/", "https://localhost:P/", "https://localhost:S/", "https://[::1]:P/", "https://[::1]:S/",
		"https://2130706433:S/", "https://0x7f000001:S/", "https://0177.0.0.1:S/", "https://127.1:S/", "https://127.0.0.2:S/",
		"https://127.0.0.1.:S/", "https://[::ffff:127.0.0.1]:S/", "https://127.0.0.1.nip.io:S/", "https://api.test/",
		"https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://[fe80::1%25eth0]/", "https://8.8.8.8/",
		"//127.0.0.1:P/", "//localhost:S/", "///localhost:S/", `\\localhost:S\`, `/\localhost:P/`, `https:\\localhost:P/`,
		"https://user@127.0.0.1:S/", "https://user:password@127.0.0.1:S/", "https://127.0.0.1:S@localhost:P/", `https://127.0.0.1:S\@localhost:P/`,
		"https://127.0.0.1:S#@localhost:P/x\x00", "http://127.0.0.1:S/", "http://127.0.0.1:P/", "https://127.0.0.1/", "https://127.0.0.1:0/",
		"https://127.0.0.1:65536/", "https://127.0.0.1:0S/", "file:///etc/passwd", "gopher://127.0.0.1:P/", "data:text/plain,x", "ftp://127.0.0.1:P/",
		"javascript:alert(1)", "https:127.0.0.1:P/", "https://%31%32%37.0.0.1:S/", "https://127。0。0。1:S/", "https:///etc/passwd", "https://",
		"https://127.0.0.1:P/\r\nSet-Cookie: a=b", "https://" + strings.Repeat("a", 9000) + "/",
	}
}
