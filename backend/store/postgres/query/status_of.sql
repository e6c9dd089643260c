SELECT signer, issued, note FROM status WHERE clinic = $1
